-- Communities that people make and change by API.

alter table communities
  -- The picture that is shown.
  add column image_id uuid,
  add column revision int not null default 0;

-- Files that nothing names any more, until they are removed.
create table forgotten_files (
  community_id uuid not null,
  id uuid not null,
  -- By which its file is found.
  ending text not null check (ending in ('webp', 'bin')),
  due_at timestamptz not null,
  tries int not null default 0,
  primary key (community_id, id)
);
create index forgotten_files_due on forgotten_files (due_at);
select tenant_table('forgotten_files');
alter table forgotten_files add foreign key (community_id) references communities;
create policy worker on forgotten_files for select using (is_worker());

-- Where an account is a member is asked before a community is known.
create index members_of_account on members (account_id) where account_id is not null;
create policy account_lookup on members for select
  using (current_setting('rai.key', true) = replace(account_id::text, '-', ''));
