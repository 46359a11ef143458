-- Gives the tables of this database, with what is in them, their place on the nodes of a Citus cluster. Run by
-- `npm run db:distribute` in one transaction, as often as wanted: what has its place keeps it.

-- One connection to each node: foreign keys between tables that are spread and tables that are copied need it.
set local citus.multi_shard_modify_mode = 'sequential';
-- What every later connection does: migrations change tables in the same way, and row-level security on the nodes asks for
-- the same `set local` as here.
do $$
begin
  execute format('alter database %I set citus.multi_shard_modify_mode = ''sequential''', current_database());
  execute format('alter database %I set citus.propagate_set_commands = ''local''', current_database());
end $$;

-- A table whose keys all begin with community_id is spread by it; all rows of a community lie on one node. Any other is
-- small, and every node has a copy. Later migrations come here too, through tenant_table().
create or replace function place_table(t regclass) returns void language plpgsql
  -- Our triggers look at nothing but their own row.
  set citus.enable_unsafe_triggers = on as $$
begin
  if exists (select from pg_dist_partition where logicalrelid = t) then return; end if;
  if exists (
    select from pg_index i join pg_attribute a on a.attrelid = i.indrelid and a.attnum = i.indkey[0]
    where i.indrelid = t and i.indisunique and a.attname <> 'community_id'
  ) then
    perform create_reference_table(t);
  else
    perform create_distributed_table(t, 'community_id', colocate_with => coalesce(
      (select min(logicalrelid::text) from pg_dist_partition where partmethod = 'h'), 'default'));
  end if;
end $$;

-- Policies and triggers call them on the nodes. Those that are made from now on go there by themselves.
select create_distributed_function(f.oid::regprocedure) from pg_proc f
where pronamespace = 'public'::regnamespace and proowner = current_user::regrole
  and oid not in (select objid from pg_dist_object where classid = 'pg_proc'::regclass);

do $$
declare
  one record;
  foreign_keys text[];
begin
  create temporary table unplaced on commit drop as
    select oid::regclass as name, relforcerowsecurity as forced from pg_class
    where relnamespace = 'public'::regnamespace and relkind = 'r' and relname <> 'migrations'
      and oid not in (select logicalrelid from pg_dist_partition);
  for one in
    select conrelid::regclass as name, conname, pg_get_constraintdef(oid) as definition from pg_constraint
    where contype = 'f' and (conrelid in (select name from unplaced) or confrelid in (select name from unplaced))
  loop
    execute format('alter table %s drop constraint %I', one.name, one.conname);
    foreign_keys := foreign_keys || format('alter table %s add constraint %I %s', one.name, one.conname, one.definition);
  end loop;
  for one in select * from unplaced loop
    -- Who copies the rows must see them all.
    execute format('alter table %s no force row level security', one.name);
    perform place_table(one.name);
    perform truncate_local_data_after_distributing_table(one.name);
    if one.forced then execute format('alter table %s force row level security', one.name); end if;
  end loop;
  for i in 1 .. coalesce(cardinality(foreign_keys), 0) loop
    execute foreign_keys[i];
  end loop;
end $$;
