-- Fields of members of every type, and the history of what each has held.

alter table user_fields drop constraint user_fields_type_check;
alter table user_fields add constraint user_fields_type_check
  check (type in ('single-line-text', 'multi-line-text', 'number', 'boolean', 'date', 'select'));
alter table user_fields
  add column description text not null default '',
  add column is_required boolean not null default false,
  -- What a new member has where nothing else is said; as the field's values are written in JSON.
  add column default_value jsonb,
  -- What there is to choose in a select.
  add column options text[] not null default '{}',
  -- The member who made it; null for a key or a file.
  add column creator_id uuid,
  add column updated_at timestamptz not null default now(),
  add column revision int not null default 0,
  -- Of a field that was deleted: the last member whose values are gone as well. Null of one that is there.
  add column forgotten_to uuid;
create policy worker on user_fields for select using (is_worker() and forgotten_to is not null);

-- Numbers stand in value, all else in content, which members.fields has the newest of. Written by the thousand, so that it
-- has no foreign keys: the invariants of the tests look instead.
alter table user_field_changes drop constraint user_field_changes_community_id_member_id_fkey;
alter table user_field_changes drop constraint user_field_changes_community_id_field_id_fkey;
alter table user_field_changes alter column value drop not null;
alter table user_field_changes alter column actor drop not null;
alter table user_field_changes
  add column content jsonb,
  add column previous_content jsonb,
  add column source text not null default 'api',
  -- Recorded when there was a newer value already: it is history, and no board counts it.
  add column is_late boolean not null default false;
alter table user_field_changes alter column source drop default;
alter table user_field_changes add constraint user_field_changes_source_check
  check (source in ('api', 'bulk-import', 'bulk-update', 'default'));
alter table user_field_changes add constraint user_field_changes_one_check check ((value is null) <> (content is null));
create index user_field_changes_newest on user_field_changes (community_id, field_id, recorded_at, id);

-- What a field was never changes, but is erased with the field: whoever does that says so in their transaction.
set local citus.enable_unsafe_triggers = on;
drop trigger user_field_changes_immutable on user_field_changes;
create trigger user_field_changes_immutable before update on user_field_changes
  for each row execute function refuse_change();
create trigger user_field_changes_kept before delete on user_field_changes
  for each row when (current_setting('rai.erasing', true) is distinct from 'true') execute function refuse_change();
