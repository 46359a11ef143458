-- Logins: accounts, how they come about, their sessions, and the mails that are to be sent.

-- An account begins with an address that its owner has confirmed: until then there are registrations and no more, so that
-- nobody takes an address that is not theirs. Where there were several, none of their passwords becomes the account's. That
-- of a single one does, so that nobody should confirm what somebody else registered.
alter table accounts
  add column first_name text not null default '',
  add column last_name text not null default '',
  add column display_name text not null default '',
  -- What addresses are compared by (see members.email_key).
  add column email_key text not null generated always as (lower(email)) stored;
drop index accounts_email;
create unique index accounts_email on accounts (email_key);

create table registrations (
  id uuid primary key,
  email text not null,
  email_key text not null generated always as (lower(email)) stored,
  -- Null for who was invited: they say their password when they follow the link of the mail.
  password_hash text,
  first_name text not null,
  last_name text not null,
  display_name text not null,
  created_at timestamptz not null
);
create index registrations_email on registrations (email_key, created_at);
create index registrations_age on registrations (created_at);
select place_table('registrations');

-- What stands in a link of a mail. A registration's confirms it, an account's sets a new password.
create table link_tokens (
  -- SHA-256 of the token.
  hash bytea primary key,
  registration_id uuid,
  account_id uuid,
  expires_at timestamptz not null,
  check ((registration_id is null) <> (account_id is null))
);
create index link_tokens_age on link_tokens (expires_at);
create index link_tokens_registration on link_tokens (registration_id) where registration_id is not null;
create index link_tokens_account on link_tokens (account_id) where account_id is not null;
select place_table('link_tokens');
alter table link_tokens add foreign key (registration_id) references registrations on delete cascade;
alter table link_tokens add foreign key (account_id) references accounts on delete cascade;

-- A login on one device: the family of the tokens that follow from one another. A session that ends is deleted.
create table sessions (
  id uuid primary key,
  -- Who signed in: a person with a password, everywhere; or a member by Secure Auth, in their community alone.
  account_id uuid,
  bound_to uuid,
  member_id uuid,
  created_at timestamptz not null,
  -- When its newest refresh token ends.
  expires_at timestamptz not null,
  check ((account_id is null) = (bound_to is not null) and (bound_to is null) = (member_id is null))
);
create index sessions_account on sessions (account_id) where account_id is not null;
create index sessions_age on sessions (expires_at);
select place_table('sessions');
alter table sessions add foreign key (account_id) references accounts on delete cascade;

create table session_tokens (
  -- SHA-256 of the token.
  hash bytea primary key,
  session_id uuid not null,
  kind text not null check (kind in ('access', 'refresh')),
  expires_at timestamptz not null,
  -- A refresh token that is shown a second time ends its session.
  used_at timestamptz
);
create index session_tokens_session on session_tokens (session_id);
create index session_tokens_age on session_tokens (expires_at);
select place_table('session_tokens');
alter table session_tokens add foreign key (session_id) references sessions on delete cascade;

-- Mails to send, written in the transaction of the change that they tell of, and deleted when they are sent. Links and
-- their tokens are made only then: none is kept here.
create table mails (
  id uuid primary key,
  kind text not null check (kind in ('confirm', 'reset', 'changed', 'back', 'invited')),
  recipient text not null,
  -- What a mail of a community tells of.
  about jsonb,
  created_at timestamptz not null,
  attempts int not null default 0,
  -- Whoever is at it has put this off.
  due_at timestamptz not null
);
create index mails_due on mails (due_at);
select place_table('mails');

-- Only a transaction that is about logins sees them: no statement of a community can join them.
create function is_accounts() returns boolean language sql stable as
  $$ select current_setting('rai.scope', true) = 'accounts' $$;
do $$
declare t text;
begin
  foreach t in array array['accounts', 'registrations', 'link_tokens', 'sessions', 'session_tokens', 'mails'] loop
    execute format('alter table %I enable row level security', t);
    execute format('alter table %I force row level security', t);
    execute format('create policy accounts on %I using (is_accounts())', t);
  end loop;
end $$;
create policy worker on mails for select using (is_worker());

-- One person is one member of a community.
create unique index members_account on members (community_id, account_id);

-- What stands in the address that Secure Auth answers with: single use.
create table login_codes (
  community_id uuid not null,
  -- SHA-256 of the code.
  hash bytea not null,
  member_id uuid not null,
  -- The session that it begins.
  session_id uuid not null,
  expires_at timestamptz not null,
  primary key (community_id, hash)
);
create index login_codes_hash on login_codes (hash);
select tenant_table('login_codes');
alter table login_codes add foreign key (community_id, member_id) references members (community_id, id);
create policy key_lookup on login_codes for select using (current_setting('rai.key', true) = encode(hash, 'hex'));
create policy worker on login_codes for select using (is_worker());
