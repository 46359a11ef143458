-- Finding, deleting and restoring members.

-- Members who are deleted and can still come back. Their rows stay what they are, but for the status.
create table member_deletions (
  community_id uuid not null,
  member_id uuid not null,
  -- The status that they come back to.
  status_before text not null,
  deleted_at timestamptz not null,
  primary key (community_id, member_id)
);
create index member_deletions_age on member_deletions (deleted_at);
select tenant_table('member_deletions');
alter table member_deletions add foreign key (community_id, member_id) references members (community_id, id);
create policy worker on member_deletions for select using (is_worker());

-- Members who are to be sent a mail that leads to a login. Gone as soon as the mail is on its way.
create table invitations (
  community_id uuid not null,
  -- The mail's own id, too.
  id uuid not null,
  member_id uuid not null,
  primary key (community_id, id)
);
select tenant_table('invitations');
alter table invitations add foreign key (community_id, member_id) references members (community_id, id);
create policy worker on invitations for select using (is_worker());

-- Who brought a member; null for nobody, and where nobody said so.
alter table members add column referred_by uuid;
alter table members add foreign key (community_id, referred_by) references members (community_id, id);

-- Each keeps members in the order in which a filter is read on from its cursor: by what they have, then by id. Amounts and
-- values are read by uncast columns and a cast value: row-level security lets only leakproof conditions use an index.
create index members_first_name on members (community_id, first_name, id);
create index members_last_name on members (community_id, last_name, id);
create index members_joined on members (community_id, created_at, id);
create index balances_amount on balances (community_id, unit, amount, member_id);
create index user_field_values_value on user_field_values (community_id, field_id, value, member_id);
