-- Milestones: what members do step by step, and are given for it.

-- What members did, each thing once: what milestones and calendars count. It is written in the transaction in which it is
-- done (domain/facts.ts).
create table member_facts (
  community_id uuid not null,
  member_id uuid not null,
  kind text not null check (kind in ('message', 'reply', 'reaction', 'referral', 'social', 'visit', 'wish', 'freeze')),
  -- Which one it was: a message, a day.
  key text collate "C" not null,
  -- What it was done with, where conditions ask for that: a social quest.
  subject uuid,
  happened_at timestamptz not null,
  primary key (community_id, member_id, kind, key)
);
create index member_facts_time on member_facts (community_id, member_id, kind, happened_at);
select tenant_table('member_facts');
alter table member_facts add foreign key (community_id, member_id) references members (community_id, id);

create table milestones (
  community_id uuid not null,
  id uuid not null,
  name text not null,
  description text not null default '',
  icon text not null default '',
  labels text[] not null default '{}',
  -- How often it begins anew.
  period text not null default 'all' check (period in ('all', 'year', 'month', 'week', 'day')),
  starts_at timestamptz,
  ends_at timestamptz,
  -- What a member needs before any stage opens, as the contract writes conditions.
  requires jsonb,
  is_enabled boolean not null default true,
  display_order int not null default 0,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  revision int not null default 0,
  primary key (community_id, id)
);
select tenant_table('milestones');
alter table milestones add foreign key (community_id) references communities;

create table milestone_stages (
  community_id uuid not null,
  id uuid not null,
  milestone_id uuid not null,
  -- 1 is the first.
  position int not null,
  name text not null,
  description text not null,
  conditions jsonb not null,
  -- What it gives. The badge may be gone.
  xp bigint not null check (xp >= 0),
  currency bigint not null check (currency >= 0),
  badge_id uuid,
  multipliers jsonb not null,
  -- How often that can be claimed, and how often it was: counted only where it has an end, and whoever claims takes turns.
  supply bigint check (supply > 0),
  claimed bigint,
  primary key (community_id, id),
  check ((supply is null) = (claimed is null))
);
create index milestone_stages_order on milestone_stages (community_id, milestone_id, position);
select tenant_table('milestone_stages');
alter table milestone_stages
  add foreign key (community_id, milestone_id) references milestones (community_id, id) on delete cascade;

-- Who claimed what, once in a run. A stage that is gone is still named.
create table milestone_claims (
  community_id uuid not null,
  -- In the order of time.
  id uuid not null,
  member_id uuid not null,
  milestone_id uuid not null,
  stage_id uuid not null,
  period text not null,
  period_start date not null,
  -- What it gave.
  xp bigint not null,
  currency bigint not null,
  badge_id uuid,
  claimed_at timestamptz not null,
  primary key (community_id, member_id, stage_id, period, period_start)
);
create index milestone_claims_newest on milestone_claims (community_id, milestone_id, id);
select tenant_table('milestone_claims');
alter table milestone_claims add foreign key (community_id, member_id) references members (community_id, id);
