-- Communities that people make and change by API.

alter table communities
  -- The picture that is shown.
  add column image_id uuid,
  add column revision int not null default 0;

-- Where an account is a member is asked before a community is known.
create index members_of_account on members (account_id) where account_id is not null;
create policy account_lookup on members for select
  using (current_setting('rai.key', true) = replace(account_id::text, '-', ''));
