-- How members earn, and the days on which they came.

alter table communities
  -- What it is called beside some numbers, text that is shown beside the name, and whether members earn the unit by what they do.
  add column xp_forms jsonb not null default '{}',
  add column xp_icon text not null default '',
  add column xp_enabled boolean not null default true,
  add column currency_forms jsonb not null default '{}',
  add column currency_icon text not null default '',
  add column currency_enabled boolean not null default true;

-- Of communities that have set something.
create table gamification (
  community_id uuid primary key,
  -- The parts that were set: earning, roleBoosts, streaks, tiers.
  settings jsonb not null,
  updated_at timestamptz not null,
  revision int not null default 1
);
select tenant_table('gamification');
alter table gamification add foreign key (community_id) references communities;

alter table members
  -- IANA name by which the member's days begin; null for the community's.
  add column time_zone text;

-- When members came. Not a part of members: a visit changes this and then a balance, an award looks at the member last.
create table visits (
  community_id uuid not null,
  member_id uuid not null,
  -- When the last visit began, and how many there were.
  visited_at timestamptz not null,
  count bigint not null,
  -- From when on a request is another one, or begins another day.
  due_at timestamptz not null,
  -- The last day on the member's calendar that counted, when it ends, and how many there were in a row until then.
  day date not null,
  day_ends_at timestamptz not null,
  streak int not null,
  longest_streak int not null,
  -- How many missed days the streak can bear.
  freezes int not null,
  -- The streak that broke last, as long as it can be had back: its days, the first and last day that were missed, and until when.
  lost_streak int,
  lost_from date,
  lost_to date,
  lost_until timestamptz,
  primary key (community_id, member_id)
);
select tenant_table('visits');
alter table visits add foreign key (community_id, member_id) references members (community_id, id);

-- When rules that do not pay at any time have paid members last, and how often on that day of theirs.
create table earnings (
  community_id uuid not null,
  member_id uuid not null,
  rule text not null,
  paid_at timestamptz not null,
  day date not null,
  day_ends_at timestamptz not null,
  count int not null,
  primary key (community_id, member_id, rule)
);
select tenant_table('earnings');
alter table earnings add foreign key (community_id, member_id) references members (community_id, id);

-- Roles that members get by their XP.
create table xp_roles (
  community_id uuid not null,
  role_id uuid not null,
  xp bigint not null check (xp > 0),
  primary key (community_id, role_id)
);
select tenant_table('xp_roles');
alter table xp_roles add foreign key (community_id, role_id) references roles (community_id, id) on delete cascade;
