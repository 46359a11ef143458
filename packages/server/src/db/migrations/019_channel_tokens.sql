-- What members are called by to the pages of iframe channels: nobody finds out who it is, nor joins two pages' names for them.

create table pairwise_secrets (
  community_id uuid primary key,
  -- What the names are made from, sealed by the root key.
  sealed bytea not null
);
select tenant_table('pairwise_secrets');
alter table pairwise_secrets add foreign key (community_id) references communities;
create policy worker on pairwise_secrets for select using (is_worker());
