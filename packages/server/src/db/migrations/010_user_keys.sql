-- Keys that members make for scripts of their own.

alter table api_keys drop constraint api_keys_kind_check;
alter table api_keys add constraint api_keys_kind_check
  check (kind in ('publishable', 'community', 'system', 'widget_access', 'user'));
alter table api_keys
  -- Whose key it is; null for the community's own. No foreign key: on a cluster every node has this table whole, and a part
  -- of the members.
  add column member_id uuid,
  -- The only channels that it is for; null for all that its owner sees. One that is gone may still be named.
  add column channel_ids uuid[],
  -- False: it does not work until it is true again.
  add column is_active boolean not null default true;
alter table api_keys add constraint api_keys_owner check ((kind = 'user') = (member_id is not null));
create index api_keys_member on api_keys (community_id, member_id) where member_id is not null;
-- The community's own, as they are listed: past those of its members.
create index api_keys_own on api_keys (community_id, created_at, id) where member_id is null;
