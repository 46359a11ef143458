-- The first schema. Rules that every later migration keeps:
-- * a tenant table's primary key and unique keys start with community_id, so that it can be distributed by community;
-- * every tenant table is passed to tenant_table(), any other new one to place_table(), right after it is made; its
--   foreign keys are added after that, because a cluster allows them only between tables that have their place;
-- * ids are made in the app; no sequence stands on a hot path; numbers that are money are bigint.

create table communities (
  id uuid primary key,
  name text not null,
  -- IANA name. Days, weeks, months and years of every board begin by this clock.
  time_zone text not null default 'UTC',
  -- ISO day of the week: 1 is Monday.
  week_start smallint not null default 1 check (week_start between 1 and 7),
  -- The result of a run is final so long after its end.
  review_hours int not null default 12 check (review_hours >= 0),
  xp_name text not null default 'XP',
  currency_name text not null default 'Coins',
  created_at timestamptz not null default now()
);

-- A login of this installation. It is linked to members; it is nothing else.
create table accounts (
  id uuid primary key,
  email text not null,
  password_hash text not null,
  created_at timestamptz not null default now()
);
create unique index accounts_email on accounts (lower(email));

-- Every credential of a community. The secret itself is never stored.
create table api_keys (
  community_id uuid not null references communities,
  id uuid not null,
  kind text not null check (kind in ('publishable', 'community', 'system', 'widget_access')),
  name text not null,
  -- SHA-256 of the key; of the secret half for a widget access key.
  hash bytea not null unique,
  -- The public half of a widget access key (rai_wid_…), else null.
  access_id text unique,
  -- What a person may be shown: prefix and last four characters.
  hint text not null,
  permissions text[] not null default '{}',
  origins text[] not null default '{}',
  -- In test mode, pages on localhost are allowed besides the listed origins.
  test_mode boolean not null default false,
  -- widget access keys: {"data-name": "<external id type>" | "@username" | "@id"}
  identifiers jsonb not null default '{}',
  create_member boolean not null default false,
  created_at timestamptz not null default now(),
  expires_at timestamptz,
  revoked_at timestamptz,
  -- To the minute.
  last_used_at timestamptz,
  -- The secret before the last rotation, and until when it works beside the new one.
  previous_hash bytea,
  previous_hint text,
  previous_until timestamptz,
  previous_used_at timestamptz,
  -- Counts the rotations without an overlap: a token that was minted before the last one ended with it.
  generation int not null default 0,
  revision int not null default 0,
  primary key (community_id, id)
);
create index api_keys_previous_hash on api_keys (previous_hash) where previous_hash is not null;
-- All rights in one hand: a community has one system key, which is rotated.
create unique index api_keys_system on api_keys (community_id) where kind = 'system' and revoked_at is null;

-- Keys that sign tokens; the private half is wrapped by the root key. Not a community's: one set for the installation.
create table signing_keys (
  kid text primary key,
  public_jwk jsonb not null,
  private_wrapped bytea not null,
  created_at timestamptz not null default now(),
  retired_at timestamptz
);

-- Small numbers counted per community, such as the next member number.
create table counters (
  community_id uuid not null references communities,
  name text not null,
  value bigint not null,
  primary key (community_id, name)
);

create table members (
  community_id uuid not null references communities,
  id uuid not null,
  number bigint not null,
  account_id uuid references accounts,
  role text not null default 'member' check (role in ('owner', 'member')),
  username text not null,
  display_name text not null,
  first_name text not null default '',
  last_name text not null default '',
  email text,
  -- Where an operator says that the picture is, and the picture that is shown.
  avatar_source text,
  avatar_id uuid,
  language text not null default 'en',
  status text not null default 'active' check (status in ('active', 'suspended', 'banned', 'deleted')),
  visibility text not null default 'public' check (visibility in ('public', 'hidden')),
  -- Boards that rank only who joined, and that this member joined. Here, so that the lock that keeps the visibility of
  -- somebody who is awarded keeps this as well. A board that is gone may still be named.
  entered_boards uuid[] not null default '{}',
  -- What text fields say of the member, by field. Here for the same reason: boards may rank only who has some value.
  fields jsonb not null default '{}',
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  revision int not null default 0,
  -- What e-mails and shown names are compared by. Columns, because row-level security lets only leakproof conditions use an
  -- index, and lower() is none; for the same reason beginnings are searched by ^@ and not by like.
  email_key text generated always as (lower(email)) stored,
  name_key text collate "C" not null generated always as (lower(display_name)) stored,
  primary key (community_id, id)
);
create unique index members_number on members (community_id, number);
create unique index members_username on members (community_id, username);
create unique index members_email on members (community_id, email_key);
-- Search by the beginning of the shown name.
create index members_name on members (community_id, name_key);

-- Pictures of members: fetched from where the operator says, served from here.
create table avatars (
  community_id uuid not null,
  member_id uuid not null,
  -- Null until the first one was fetched.
  id uuid,
  image bytea,
  -- Where that one was.
  source text,
  -- When it is to be fetched (again), and how often that was tried.
  due_at timestamptz,
  tries int not null default 0,
  primary key (community_id, member_id),
  foreign key (community_id, member_id) references members (community_id, id)
);
create unique index avatars_id on avatars (community_id, id);
create index avatars_due on avatars (due_at) where due_at is not null;

-- Ids that other systems know a member by.
create table member_external_ids (
  community_id uuid not null,
  type text not null,
  value text not null,
  member_id uuid not null,
  primary key (community_id, type, value),
  foreign key (community_id, member_id) references members (community_id, id)
);
create index member_external_ids_member on member_external_ids (community_id, member_id);

-- The ledger. A transaction is immutable and balanced; it is corrected only by another one.
create table transactions (
  community_id uuid not null references communities,
  id uuid not null,
  reason text not null check (reason in (
    'message', 'reply', 'reaction', 'daily_login', 'referral', 'milestone', 'social', 'badge', 'import', 'adjustment',
    'purchase', 'refund', 'expiry', 'conversion', 'webhook', 'streak', 'prize')),
  -- What makes this effect happen once: unique per community, chosen by the caller (for example import job and line).
  key text not null,
  -- Who caused it: a key's or a member's id.
  actor text not null,
  created_at timestamptz not null,
  primary key (community_id, id),
  unique (community_id, key)
);

create table entries (
  community_id uuid not null,
  transaction_id uuid not null,
  -- 0 is the member's side, 1 the community's.
  n smallint not null,
  -- Exactly one of the two: a member's account, or one of the community's (issued, spent, adjusted, expired).
  member_id uuid,
  community_account text check (community_account in ('issued', 'spent', 'adjusted', 'expired')),
  unit text not null check (unit in ('xp', 'currency')),
  amount bigint not null check (amount between -9007199254740991 and 9007199254740991),
  created_at timestamptz not null,
  primary key (community_id, transaction_id, n),
  foreign key (community_id, transaction_id) references transactions (community_id, id),
  foreign key (community_id, member_id) references members (community_id, id),
  check ((member_id is null) <> (community_account is null))
);
create index entries_member on entries (community_id, member_id, created_at) where member_id is not null;

-- Kept with the entries, in their transaction. Members' only: a stored balance of the community's would be one hot row.
create table balances (
  community_id uuid not null,
  member_id uuid not null,
  unit text not null check (unit in ('xp', 'currency')),
  amount bigint not null constraint balances_not_negative check (amount >= 0)
    constraint balances_exact check (amount <= 9007199254740991),
  -- The most there was before something was taken off; null while nothing ever was.
  peak bigint,
  primary key (community_id, member_id, unit),
  foreign key (community_id, member_id) references members (community_id, id)
);

-- What members gained on each day of UTC, 2^53 - 1 at most, without what came back for something that was bought. Kept with the
-- entries, in their transaction: who asks for a stretch of time reads its days, and entries of the two that it cuts.
create table gains (
  community_id uuid not null,
  member_id uuid not null,
  unit text not null,
  day date not null,
  amount bigint not null,
  primary key (community_id, member_id, unit, day)
);

-- What a community knows of its members beside what everybody has. Texts stand in members.fields, numbers below.
create table user_fields (
  community_id uuid not null references communities,
  id uuid not null,
  -- What requests and boards call it, which never changes, and what people do.
  field text not null,
  name text not null,
  type text not null check (type in ('number', 'single-line-text')),
  created_at timestamptz not null,
  primary key (community_id, id)
);
create unique index user_fields_field on user_fields (community_id, field);

create table user_field_values (
  community_id uuid not null,
  member_id uuid not null,
  field_id uuid not null,
  -- The change from one value to another fits 2^53 - 1.
  value bigint not null check (value between -4503599627370495 and 4503599627370495),
  primary key (community_id, member_id, field_id),
  foreign key (community_id, member_id) references members (community_id, id),
  foreign key (community_id, field_id) references user_fields (community_id, id)
);

-- Every value that there ever was, written with it. Boards that rank by a field are counted from here.
create table user_field_changes (
  community_id uuid not null,
  id uuid not null,
  field_id uuid not null,
  member_id uuid not null,
  value bigint not null,
  -- Null while there was none.
  previous bigint,
  -- Who changed it: a key's or a member's id.
  actor text not null,
  recorded_at timestamptz not null,
  primary key (community_id, id),
  foreign key (community_id, member_id) references members (community_id, id),
  foreign key (community_id, field_id) references user_fields (community_id, id)
);
create index user_field_changes_member on user_field_changes (community_id, field_id, member_id, recorded_at);

create table leaderboards (
  community_id uuid not null references communities,
  id uuid not null,
  name text not null,
  slug text not null,
  description text not null default '',
  -- A unit, or `field:` and what a field is called.
  metric text not null check (metric in ('xp', 'currency') or metric like 'field:%'),
  -- Of all, year, month, week, day; longest first.
  periods text[] not null,
  name_display text not null default 'full' check (name_display in ('full', 'initials', 'alias')),
  -- Names members on boards that do not show who they are. It leaves the database in no form.
  alias_key uuid not null default gen_random_uuid(),
  top_rank_limit bigint,
  only_positive boolean not null default false,
  requires_opt_in boolean not null default false,
  -- Entries outside [starts_at, ends_at) do not count.
  starts_at timestamptz,
  ends_at timestamptz,
  -- Null for the community's.
  review_hours int check (review_hours >= 0),
  prizes jsonb not null default '[]',
  -- While there are prizes: runs that ended until then have their winners, and when the next ones will have theirs.
  settled_to timestamptz,
  settles_at timestamptz,
  -- Who is ranked and who may look: member ids, empty for everyone.
  ranked_members uuid[] not null default '{}',
  -- Only members whose fields have all these values are ranked.
  ranked_fields jsonb not null default '{}',
  -- The board that this one shows a part of. Such a board is a part of none.
  segment_of uuid,
  viewing_members uuid[] not null default '{}',
  is_enabled boolean not null default true,
  display_order int not null default 0,
  -- Readable by pages (the publishable key) only when on.
  widget_enabled boolean not null default true,
  -- Documented settings that no query reads: columns, image, button, dates as they were given.
  settings jsonb not null default '{}',
  -- What its scores and counts are kept by: other ones each time that it is counted again.
  scores_id uuid not null,
  -- While the board is counted from the ledger: the last member who is. Null when all are.
  counted_to uuid,
  -- Of a board as it was, which pages are shown until the one in its place is counted again, and which is then taken away:
  -- `counted_to` is set from then on. It stands in no list.
  former_of uuid,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  revision int not null default 0,
  primary key (community_id, id)
);
create unique index leaderboards_slug on leaderboards (community_id, slug);
create index leaderboards_uncounted on leaderboards (community_id, id) where counted_to is not null;
create index leaderboards_settling on leaderboards (settles_at) where settles_at is not null;

-- Scores, counts and deltas follow from the ledger and are written by the thousand: they have no foreign keys, and the
-- invariants of the tests recount them instead.

-- A member's score in one run of a board. The index is the ranking: equal scores stand by who reached theirs first, then id.
create table board_scores (
  community_id uuid not null,
  board_id uuid not null,
  period text not null,
  period_start date not null,
  member_id uuid not null,
  score bigint not null,
  -- The score the other way up: a row stands after another when its place (negated, reached_at, member_id) is larger.
  negated bigint not null generated always as (-score) stored,
  reached_at timestamptz not null,
  -- What they were before the last change; null while there was none. They tell a writer what to take out of the counts.
  previous bigint,
  previous_reached_at timestamptz,
  -- False while the member is hidden, not active, or has not joined a board that ranks only who has: kept, but in no list
  -- and no count.
  ranked boolean not null,
  primary key (community_id, member_id, board_id, period, period_start)
);
create index board_scores_order on board_scores
  (community_id, board_id, period, period_start, negated, reached_at, member_id) where ranked;
create index board_scores_unranked on board_scores (community_id, board_id) where not ranked;

-- How many ranked members stand on a stretch of a run, in two levels: a stretch begins at a place and ends where the next of
-- its level does. The first begins before every place; where one of level 1 begins, one of level 0 does.
create table board_counts (
  community_id uuid not null,
  board_id uuid not null,
  period text not null,
  period_start date not null,
  level smallint not null,
  negated bigint not null,
  reached_at timestamptz not null,
  member_id uuid not null,
  n bigint not null,
  -- 1 when there are too many to walk, -1 when they are so few that they had better stand with those before.
  balance smallint not null generated always as (case
    when n > case level when 0 then 256 else 32768 end then 1
    when n < case level when 0 then 32 else 4096 end and reached_at <> '-infinity' then -1
    else 0
  end) stored,
  primary key (community_id, board_id, period, period_start, level, negated, reached_at, member_id)
) with (fillfactor = 70);
create index board_counts_unbalanced on board_counts (community_id) where balance <> 0;

-- Changes of scores that are not yet in board_counts. Awards append (no hot rows); one worker folds them in, soon.
-- Readers add them to what the counts say, so a rank is always exact. Counting commutes, so no order is kept.
create table board_deltas (
  community_id uuid not null,
  id uuid not null,
  board_id uuid not null,
  period text not null,
  period_start date not null,
  member_id uuid not null,
  -- Where the member stood, and stands: null for nowhere.
  old_negated bigint,
  old_reached_at timestamptz,
  new_negated bigint,
  new_reached_at timestamptz,
  primary key (community_id, id)
);
create index board_deltas_run on board_deltas (community_id, board_id, period, period_start);

-- A statement that is planned once must be good for the smallest run and the largest: without statistics the planner takes
-- every run for the same, which goes by the index.
do $$
declare one record;
begin
  for one in
    select attrelid::regclass as name, attname from pg_attribute
    where attrelid in ('board_scores'::regclass, 'board_counts'::regclass, 'board_deltas'::regclass) and attnum > 0
  loop
    execute format('alter table %s alter column %I set statistics 0', one.name, one.attname);
  end loop;
end $$;

-- Who won what in a run: written once, when its result is final.
create table board_winners (
  community_id uuid not null,
  board_id uuid not null,
  period text not null,
  period_start date not null,
  member_id uuid not null,
  rank bigint not null,
  -- The prize as it was then.
  prize jsonb not null,
  claimed_at timestamptz,
  primary key (community_id, board_id, period, period_start, member_id)
);
create index board_winners_waiting on board_winners (community_id, member_id) where claimed_at is null;

-- The rank that a member was shown last, of the newest run of each period.
create table board_seen (
  community_id uuid not null,
  board_id uuid not null,
  period text not null,
  member_id uuid not null,
  period_start date not null,
  rank bigint not null,
  seen_at timestamptz not null,
  primary key (community_id, board_id, period, member_id)
);

-- What happened, written in the change's own transaction without a number. The relay numbers committed events in order.
create table events (
  community_id uuid not null references communities,
  id uuid not null,
  type text not null,
  -- What it is about (a board, a member, a job), or null.
  subject uuid,
  data jsonb not null default '{}',
  created_at timestamptz not null default now(),
  seq bigint,
  primary key (community_id, id)
);
create unique index events_seq on events (community_id, seq) where seq is not null;
create index events_unnumbered on events (community_id, created_at) where seq is null;

-- One row a community: who numbers its events holds the row's lock; the last number given.
create table relays (
  community_id uuid primary key references communities,
  last_seq bigint not null default 0
);

-- First answers of writes, kept 24 hours and written in the effect's transaction. The answer is encrypted by the root key.
create table idempotency_keys (
  community_id uuid not null references communities,
  -- Which credential asked.
  principal text not null,
  key text not null,
  operation text not null,
  body_hash bytea not null,
  answer bytea not null,
  created_at timestamptz not null default now(),
  primary key (community_id, principal, key)
);

create table jobs (
  community_id uuid not null references communities,
  id uuid not null,
  type text not null check (type in ('bulk-import', 'bulk-update', 'product-import')),
  status text not null check (status in ('queued', 'running', 'completed', 'failed')),
  actor text not null,
  -- Header names of the file, which column feeds what, and flags.
  options jsonb not null,
  total bigint not null default 0,
  succeeded bigint not null default 0,
  skipped bigint not null default 0,
  failed bigint not null default 0,
  failure text,
  -- SHA-256 of the file: the same file again within a day answers this job again.
  file_hash bytea not null,
  created_at timestamptz not null default now(),
  started_at timestamptz,
  finished_at timestamptz,
  primary key (community_id, id)
);
create index jobs_newest on jobs (community_id, created_at desc);
create index jobs_open on jobs (community_id, created_at) where status in ('queued', 'running');

-- The good rows of a job's file that are still to be done: a row leaves in the transaction of its effect.
create table job_rows (
  community_id uuid not null,
  job_id uuid not null,
  line bigint not null,
  -- What names the member, or the product. A second row with the same name is refused: nobody could say which one was meant.
  name text not null,
  -- What it says about it.
  content jsonb not null,
  primary key (community_id, job_id, line),
  unique (community_id, job_id, name),
  foreign key (community_id, job_id) references jobs (community_id, id) on delete cascade
);

create table job_errors (
  community_id uuid not null,
  job_id uuid not null,
  line bigint not null,
  code text not null,
  message text not null,
  primary key (community_id, job_id, line, code),
  foreign key (community_id, job_id) references jobs (community_id, id) on delete cascade
);

-- What happened never changes. The rule stands in the domain too; this is the wall behind it.
create function refuse_change() returns trigger language plpgsql as $$
begin
  raise exception '% is immutable: no %', tg_table_name, tg_op using errcode = 'restrict_violation';
end $$;
create trigger transactions_immutable before update or delete on transactions for each row execute function refuse_change();
create trigger entries_immutable before update or delete on entries for each row execute function refuse_change();
create trigger user_field_changes_immutable before update or delete on user_field_changes
  for each row execute function refuse_change();

-- Row-level security. `rai.community` names the tenant of the transaction; `rai.scope` = 'worker' lets background work see
-- which communities have something to do, in the tables of the second list only; `rai.key` finds one credential before
-- its community is known.
create function current_community() returns uuid language sql stable as
  $$ select nullif(current_setting('rai.community', true), '')::uuid $$;
create function is_worker() returns boolean language sql stable as
  $$ select current_setting('rai.scope', true) = 'worker' $$;

-- Where a table's rows lie is no question on one PostgreSQL. On a Citus cluster citus.sql puts an answer here.
create function place_table(t regclass) returns void language plpgsql as 'begin end';

-- Makes a table one of communities: row-level security binds everyone, the owner too, to the rows of one of them.
create function tenant_table(t regclass) returns void language plpgsql as $$
begin
  perform place_table(t);
  execute format('alter table %s enable row level security', t);
  execute format('alter table %s force row level security', t);
  execute format('create policy tenant on %s using (community_id = current_community())', t);
end $$;

select tenant_table(t::regclass) from unnest(array[
  'counters', 'members', 'avatars', 'member_external_ids', 'transactions', 'entries', 'balances', 'gains', 'user_fields',
  'user_field_values',
  'user_field_changes', 'leaderboards', 'board_scores', 'board_counts', 'board_deltas', 'board_seen', 'board_winners', 'events',
  'idempotency_keys', 'jobs',
  'job_rows', 'job_errors', 'relays', 'api_keys']) as t;

do $$
declare t text;
begin
  foreach t in array array['board_deltas', 'events', 'jobs', 'idempotency_keys', 'relays'] loop
    execute format('create policy worker on %I for select using (is_worker())', t);
  end loop;
end $$;
-- The balance first: who reads ranks looks at hundreds of these rows, and comparing a number costs least.
create policy worker on board_counts for select using (balance <> 0 and is_worker());
create policy worker on avatars for select using (is_worker() and due_at is not null);
create policy worker on leaderboards for select
  using (is_worker() and (counted_to is not null or settles_at is not null));
alter table communities enable row level security;
alter table communities force row level security;
create policy tenant on communities using (id = current_community());
create policy key_lookup on api_keys for select
  using (current_setting('rai.key', true) in (encode(hash, 'hex'), encode(previous_hash, 'hex'), access_id));
