-- Communities that people make and change by API.

alter table communities
  -- The picture that is shown.
  add column image_id uuid,
  add column revision int not null default 0;

-- Pictures that nothing names any more, until their files are removed.
create table forgotten_images (
  community_id uuid not null,
  id uuid not null,
  due_at timestamptz not null,
  tries int not null default 0,
  primary key (community_id, id)
);
create index forgotten_images_due on forgotten_images (due_at);
select tenant_table('forgotten_images');
alter table forgotten_images add foreign key (community_id) references communities;
create policy worker on forgotten_images for select using (is_worker());

-- Where an account is a member is asked before a community is known.
create index members_of_account on members (account_id) where account_id is not null;
create policy account_lookup on members for select
  using (current_setting('rai.key', true) = replace(account_id::text, '-', ''));
