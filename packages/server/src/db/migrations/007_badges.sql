-- Badges: what members are given for what they did.

create table badges (
  community_id uuid not null,
  id uuid not null,
  title text not null,
  description text not null default '',
  -- What is counted for it: a unit, or `field:` and what a field is called. Null where people give it.
  metric text check (metric in ('xp', 'currency') or metric like 'field:%'),
  -- How much of that is enough.
  quantity bigint not null default 1 check (quantity > 0),
  image_id uuid,
  dark_image_id uuid,
  light_image_id uuid,
  -- Whether pages show the second and third by their theme, and not the first.
  enabled_dark_and_light boolean not null default false,
  -- Members may apply for it, and whether they must send a picture then.
  applied boolean not null default false,
  attach_required boolean not null default false,
  -- It may be given by hand.
  awarded boolean not null default true,
  -- Whether it gives anything, whether coins as well, and how much.
  award boolean not null default true,
  award_xp_quantity bigint not null default 0 check (award_xp_quantity >= 0),
  award_currency boolean not null default true,
  award_currency_quantity bigint not null default 0 check (award_currency_quantity >= 0),
  gives_xp bigint not null generated always as (case when award then award_xp_quantity else 0 end) stored,
  gives_currency bigint not null
    generated always as (case when award and award_currency then award_currency_quantity else 0 end) stored,
  -- While members who had enough before it was made or changed are given it: the last one who was looked at. Of a deleted
  -- one it is set while what members had of it is taken away.
  counted_to uuid,
  deleted_at timestamptz,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  revision int not null default 0,
  primary key (community_id, id)
);
select tenant_table('badges');
alter table badges add foreign key (community_id) references communities;
create index badges_automatic on badges (community_id, metric) where metric is not null;
create index badges_uncounted on badges (community_id, id) where counted_to is not null;
create policy worker on badges for select using (is_worker() and counted_to is not null);

-- Who was given which badge. It is written by the thousand, and taken away in steps when the badge is gone.
create table member_badges (
  community_id uuid not null,
  member_id uuid not null,
  badge_id uuid not null,
  -- What it gave them.
  xp bigint not null,
  currency bigint not null,
  -- Who gave it: a key's or a member's id, or its own where it follows from a count.
  actor text not null,
  awarded_at timestamptz not null,
  -- Taken away: it stands here so that no count gives it again.
  removed_at timestamptz,
  primary key (community_id, member_id, badge_id)
);
select tenant_table('member_badges');
alter table member_badges add foreign key (community_id, member_id) references members (community_id, id);
create index member_badges_badge on member_badges (community_id, badge_id);

-- A member's newest application for a badge. Each has an id of its own: whoever decides means the one that they read.
create table badge_applications (
  community_id uuid not null,
  id uuid not null,
  badge_id uuid not null,
  member_id uuid not null,
  note text not null,
  attachment_id uuid,
  state text not null check (state in ('waiting', 'approved', 'rejected')),
  created_at timestamptz not null,
  decided_at timestamptz,
  -- Who decided: a key's or a member's id.
  actor text,
  primary key (community_id, id)
);
select tenant_table('badge_applications');
alter table badge_applications add foreign key (community_id, member_id) references members (community_id, id);
create unique index badge_applications_member on badge_applications (community_id, badge_id, member_id);
create index badge_applications_state on badge_applications (community_id, state, id);
