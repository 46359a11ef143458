-- What operators did, for the owner to look up.

-- Written in the transaction of what it tells of. It holds names of operations and fields, ids, and nothing that anybody
-- entered: no secret, no name, no address of a person.
create table audit_log (
  community_id uuid not null,
  -- Its first 48 bits are the time: what is newest has the highest.
  id uuid not null,
  -- Method and path, as the API reference has them; what is done on the server's machine has its command.
  operation text not null,
  -- What asked, and its key's or member's id; null for the machine, and for a login that is no member yet.
  actor_kind text not null,
  actor_id uuid,
  -- Every id that the request named, and that of what was made, by what the request and the answer call them.
  objects jsonb not null,
  -- What the request's body set, by the names of its fields.
  fields text[] not null,
  -- Why it was not done, and the page that asked; null for what was done.
  refusal text,
  origin text,
  -- Null for what was no request.
  request_id text,
  created_at timestamptz not null,
  primary key (community_id, id)
);
select tenant_table('audit_log');
alter table audit_log add foreign key (community_id) references communities;
create index audit_log_age on audit_log (created_at);

-- What is older is pruned.
create function audit_horizon() returns timestamptz language sql stable as
  $$ select now() - interval '400 days' $$;
create policy worker on audit_log for select using (is_worker() and created_at < audit_horizon());

-- Rows are added, and go when they are old. Nobody changes one, whoever asks.
create function refuse_early_delete() returns trigger language plpgsql as $$
begin
  if old.created_at < audit_horizon() then return old; end if;
  raise exception '% keeps its rows for 400 days: no %', tg_table_name, tg_op using errcode = 'restrict_violation';
end $$;
create trigger audit_log_immutable before update on audit_log for each row execute function refuse_change();
create trigger audit_log_kept before delete on audit_log for each row execute function refuse_early_delete();
