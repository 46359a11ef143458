-- Incoming hooks: addresses where other systems have something done, and what became of it. Their keys and secrets lie with
-- those of webhooks.

create table hooks (
  community_id uuid not null,
  id uuid not null,
  name text not null,
  description text not null default '',
  -- {"kind": …} and what that takes, as requests write it. A member is named by id.
  action jsonb not null,
  -- SHA-256 of the last part of its address, and what a person may be shown of that.
  address_hash bytea not null,
  address_hint text not null,
  requires_key boolean not null default false,
  signature text not null default 'none' check (signature in ('none', 'standard', 'stripe', 'github')),
  encryption text not null default 'none' check (encryption in ('none', 'aes-256-gcm', 'aes-256-cbc', 'jwe')),
  is_enabled boolean not null default true,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  revision int not null default 0,
  primary key (community_id, id)
);
create index hooks_address on hooks (address_hash);
select tenant_table('hooks');
alter table hooks add foreign key (community_id) references communities;
create policy key_lookup on hooks for select using (current_setting('rai.key', true) = encode(address_hash, 'hex'));

create table hook_calls (
  community_id uuid not null,
  id uuid not null,
  hook_id uuid not null,
  outcome text not null check (outcome in ('done', 'repeated', 'refused')),
  -- Of one that was refused: as it was answered, and why.
  code text,
  reason text,
  -- What the sender calls it.
  external_id text,
  -- Of a repeat: of which call.
  repeats uuid,
  -- Of one that was done: what was answered, and SHA-256 of what it held.
  answer jsonb,
  content_hash bytea,
  created_at timestamptz not null,
  primary key (community_id, id)
);
create index hook_calls_hook on hook_calls (community_id, hook_id, id);
create index hook_calls_created on hook_calls (created_at);
select tenant_table('hook_calls');
alter table hook_calls add foreign key (community_id, hook_id) references hooks (community_id, id) on delete cascade;
create policy worker on hook_calls for select using (is_worker());

-- By what a repeat of a call that was done is told.
create table hook_call_names (
  community_id uuid not null,
  hook_id uuid not null,
  name text not null,
  call_id uuid not null,
  primary key (community_id, hook_id, name)
);
create index hook_call_names_call on hook_call_names (community_id, call_id);
select tenant_table('hook_call_names');
alter table hook_call_names add foreign key (community_id, call_id)
  references hook_calls (community_id, id) on delete cascade;
