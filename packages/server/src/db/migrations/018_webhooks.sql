-- Webhooks: who is told what happens, and what became of telling them.

create table webhook_endpoints (
  community_id uuid not null,
  id uuid not null,
  url text not null,
  description text not null default '',
  events text[] not null,
  -- The only channels whose messages it is told of; null: all.
  channel_ids uuid[],
  encryption text not null default 'none' check (encryption in ('none', 'jwe')),
  public_key text,
  -- Null while it is enabled.
  disabled_reason text check (disabled_reason in ('operator', 'gone', 'failing')),
  -- The first failure since the last success, and whether the others were told that it goes on.
  failing_since timestamptz,
  is_alerted boolean not null default false,
  -- Until then it asked to be left alone.
  rests_until timestamptz,
  -- One instance sends what is due for it at a time, and says so every few seconds.
  leased_by uuid,
  leased_until timestamptz,
  -- By the clock that events are dated by: it is told of those from then on.
  told_from timestamptz not null default now(),
  created_at timestamptz not null,
  updated_at timestamptz not null,
  revision int not null default 0,
  primary key (community_id, id)
);
select tenant_table('webhook_endpoints');
alter table webhook_endpoints add foreign key (community_id) references communities;
create policy worker on webhook_endpoints for select using (is_worker());

-- What endpoints and incoming hooks are signed to and encrypted for, and of the keys of hooks the SHA-256; sealed by the root
-- key.
create table webhook_secrets (
  community_id uuid not null,
  id uuid not null,
  owner_id uuid not null,
  use text not null check (use in ('sign', 'encrypt', 'key')),
  sealed bytea not null,
  -- Of one that was rotated: when it signs no more.
  ends_at timestamptz,
  primary key (community_id, id)
);
create index webhook_secrets_owner on webhook_secrets (community_id, owner_id);
select tenant_table('webhook_secrets');
alter table webhook_secrets add foreign key (community_id) references communities;
create policy worker on webhook_secrets for select using (is_worker());

-- Of communities that have, or had, endpoints: up to which event it was seen who is to be told.
create table webhook_queues (
  community_id uuid primary key,
  seen_seq bigint not null
);
select tenant_table('webhook_queues');
alter table webhook_queues add foreign key (community_id) references communities;
create policy worker on webhook_queues for select using (is_worker());

-- Events as they are told: the id is the event's.
create table webhook_messages (
  community_id uuid not null,
  id uuid not null,
  type text not null,
  seq bigint not null,
  -- Whom it is about: it goes with them.
  member_id uuid,
  -- The message of a channel that it tells of: it goes with that.
  said_id uuid,
  payload text not null,
  created_at timestamptz not null,
  primary key (community_id, id)
);
create index webhook_messages_member on webhook_messages (community_id, member_id) where member_id is not null;
create index webhook_messages_said on webhook_messages (community_id, said_id) where said_id is not null;
create index webhook_messages_created on webhook_messages (created_at);
select tenant_table('webhook_messages');
alter table webhook_messages add foreign key (community_id) references communities;
create policy worker on webhook_messages for select using (is_worker());

create table webhook_deliveries (
  community_id uuid not null,
  endpoint_id uuid not null,
  message_id uuid not null,
  status text not null check (status in ('pending', 'held', 'delivered', 'exhausted')),
  -- How many attempts failed, of which round: a replay begins another one.
  failures int not null default 0,
  round int not null default 0,
  due_at timestamptz not null,
  created_at timestamptz not null,
  primary key (community_id, endpoint_id, message_id)
);
create index webhook_deliveries_due on webhook_deliveries (community_id, endpoint_id, due_at, message_id)
  where status = 'pending';
create index webhook_deliveries_waiting on webhook_deliveries (due_at) where status = 'pending';
create index webhook_deliveries_status on webhook_deliveries (community_id, endpoint_id, status, message_id);
select tenant_table('webhook_deliveries');
alter table webhook_deliveries add foreign key (community_id, endpoint_id)
  references webhook_endpoints (community_id, id) on delete cascade;
alter table webhook_deliveries add foreign key (community_id, message_id)
  references webhook_messages (community_id, id) on delete cascade;
create policy worker on webhook_deliveries for select using (is_worker() and status = 'pending');

create table webhook_attempts (
  community_id uuid not null,
  id uuid not null,
  endpoint_id uuid not null,
  message_id uuid not null,
  -- Null, with the error, where no answer came.
  status int,
  error text,
  latency_ms int not null,
  -- The beginning of the answer.
  answer text not null,
  created_at timestamptz not null,
  primary key (community_id, id)
);
create index webhook_attempts_delivery on webhook_attempts (community_id, endpoint_id, message_id, id);
select tenant_table('webhook_attempts');
alter table webhook_attempts add foreign key (community_id, endpoint_id, message_id)
  references webhook_deliveries (community_id, endpoint_id, message_id) on delete cascade;
