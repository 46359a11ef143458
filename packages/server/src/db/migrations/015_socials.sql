-- Socials: what members do on networks, how it is known, and what it gives. And whom they bring.

create table social_quests (
  community_id uuid not null,
  id uuid not null,
  title text not null,
  network text not null,
  action text not null,
  proof text not null check (proof in ('account', 'api', 'code', 'review', 'self')),
  -- Everything else that an operator sets (domain/socials/quests.ts).
  settings jsonb not null,
  deleted_at timestamptz,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  revision int not null default 0,
  primary key (community_id, id)
);
select tenant_table('social_quests');
alter table social_quests add foreign key (community_id) references communities;

-- Where members are with quests, a row for each period in which they began.
create table social_progress (
  community_id uuid not null,
  member_id uuid not null,
  quest_id uuid not null,
  -- The first day of it, by the member's calendar; the beginning of time for what is done once.
  period date not null,
  state text not null check (state in ('opened', 'waiting', 'in_review', 'done', 'failed')),
  reason text,
  -- What who turned it down says.
  rejection text,
  opened_at timestamptz not null,
  -- Until then one request alone asks whether it is done.
  checking_until timestamptz,
  -- Before that no claim is looked at; of what is in review: by when it is decided, as far as it can be told.
  next_at timestamptz,
  -- How many codes were wrong.
  attempts int not null default 0,
  -- What it gave.
  xp bigint not null default 0,
  currency bigint not null default 0,
  primary key (community_id, member_id, quest_id, period)
);
select tenant_table('social_progress');
alter table social_progress add foreign key (community_id, member_id) references members (community_id, id);

-- What members sent in.
create table social_reviews (
  community_id uuid not null,
  id uuid not null,
  quest_id uuid not null,
  member_id uuid not null,
  period date not null,
  note text not null,
  link text,
  picture_id uuid,
  state text not null check (state in ('waiting', 'approved', 'rejected')),
  -- Why it was rejected.
  reason text,
  created_at timestamptz not null,
  decided_at timestamptz,
  -- Who decided: a key's or a member's id.
  actor text,
  primary key (community_id, id)
);
select tenant_table('social_reviews');
alter table social_reviews add foreign key (community_id, member_id) references members (community_id, id);
create index social_reviews_state on social_reviews (community_id, state, id);
create index social_reviews_member on social_reviews (community_id, member_id, quest_id);

alter table members
  -- What stands in the links that they share: the random end of their id. Not guessed, and the same for ever.
  add column referral_code text not null generated always as (right(id::text, 12)) stored;
create index members_referral_code on members (community_id, referral_code);
-- Who came by a member, and when.
create index members_referred_by on members (community_id, referred_by, created_at) where referred_by is not null;

-- What members were given for those who came by them, 2^53 - 1 at most. Kept with the entries, in their transaction: pages ask for
-- it at every look.
create table referral_gains (
  community_id uuid not null,
  member_id uuid not null,
  unit text not null,
  amount bigint not null,
  primary key (community_id, member_id, unit)
);
select tenant_table('referral_gains');
alter table referral_gains add foreign key (community_id, member_id) references members (community_id, id);

-- Of communities that have set something.
create table referral_programs (
  community_id uuid primary key,
  -- The page that people are sent to; `{code}` stands for who sends them.
  page text,
  -- What it gives who was brought.
  referred_xp bigint not null default 0,
  referred_currency bigint not null default 0,
  updated_at timestamptz not null,
  revision int not null default 1
);
select tenant_table('referral_programs');
alter table referral_programs add foreign key (community_id) references communities;

-- What requests to operators' endpoints are signed with, sealed by the root key.
create table social_secrets (
  community_id uuid primary key,
  sealed bytea not null
);
select tenant_table('social_secrets');
alter table social_secrets add foreign key (community_id) references communities;
create policy worker on social_secrets for select using (is_worker());

-- Applications that communities have registered at networks.
create table social_networks (
  community_id uuid not null,
  network text not null,
  client_id text not null,
  -- Its secret, sealed by the root key.
  sealed bytea not null,
  updated_at timestamptz not null,
  primary key (community_id, network)
);
select tenant_table('social_networks');
alter table social_networks add foreign key (community_id) references communities;
create policy worker on social_networks for select using (is_worker());

-- Accounts of networks that members have connected. One that was disconnected keeps its fingerprint and nothing else, so that
-- no other member is given anything for it.
create table social_accounts (
  community_id uuid not null,
  network text not null,
  -- A hash of community, network and account.
  fingerprint bytea not null,
  member_id uuid not null,
  account_id text,
  name text,
  -- When the account was made, where the network tells it.
  account_created_at timestamptz,
  -- The network's tokens, sealed by the root key. Null: disconnected.
  sealed bytea,
  -- The network has refused them.
  is_expired boolean not null default false,
  connected_at timestamptz not null,
  used_at timestamptz,
  primary key (community_id, network, fingerprint)
);
select tenant_table('social_accounts');
alter table social_accounts add foreign key (community_id, member_id) references members (community_id, id);
create index social_accounts_member on social_accounts (community_id, member_id, network);
create policy worker on social_accounts for select using (is_worker() and sealed is not null);

-- Members on their way to a network and back. Each row works once.
create table social_tickets (
  community_id uuid not null,
  -- Of what the address says.
  hash bytea not null,
  member_id uuid not null,
  network text not null,
  -- What proves to the network that who comes back is who went there (PKCE), sealed by the root key.
  sealed bytea not null,
  -- Of the browser that went there; null until it did.
  browser_hash bytea,
  return_to text,
  expires_at timestamptz not null,
  primary key (community_id, hash)
);
select tenant_table('social_tickets');
alter table social_tickets add foreign key (community_id, member_id) references members (community_id, id);
create policy worker on social_tickets for select using (is_worker());
