-- Roles: what groups of members are called and may do.

create table roles (
  community_id uuid not null,
  -- The community's own for the role that everybody has. That one has no row until somebody changes it.
  id uuid not null,
  title text not null,
  description text not null default '',
  -- The name of a colour; empty for none.
  colour text not null default '',
  -- The highest stands above the others; 0 is that of the role that everybody has.
  position int not null,
  is_billable boolean not null default false,
  -- The level of Secure Auth that gives it; null for none.
  access_level int,
  server_permissions text[] not null default '{}',
  channel_permissions text[] not null default '{}',
  created_at timestamptz not null,
  updated_at timestamptz not null,
  revision int not null default 0,
  primary key (community_id, id),
  check ((position = 0) = (id = community_id)),
  -- A back-end that signs people in makes nobody an administrator.
  check (access_level is null or 'server_administrator' <> all (server_permissions))
);
create unique index roles_title on roles (community_id, title);
create unique index roles_access_level on roles (community_id, access_level);
select tenant_table('roles');
alter table roles add foreign key (community_id) references communities;

-- The roles of a member beside that of everybody. Here, so that the lock that keeps the visibility of somebody who is
-- awarded keeps this as well. A role that is gone may still be named.
alter table members add column role_ids uuid[] not null default '{}';

-- Who is ranked and who may look, besides the members that are named.
alter table leaderboards
  add column ranked_roles uuid[] not null default '{}',
  add column viewing_roles uuid[] not null default '{}';
