-- Channels: where members talk, or are shown another page.

create table channels (
  community_id uuid not null,
  id uuid not null,
  topic text not null,
  description text not null default '',
  type text not null check (type in ('open', 'whisper', 'announcement', 'direct', 'forum', 'iframe')),
  -- By role: what its members may here (true) or may not (false), whatever the role says everywhere.
  permissions jsonb not null default '{}',
  display_order int not null default 0,
  -- How long a member waits from one message to the next.
  slow_mode_seconds int not null default 0,
  -- The page that is shown, and what it may.
  iframe jsonb,
  -- Null where a key made it.
  created_by uuid,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  revision int not null default 0,
  primary key (community_id, id),
  check ((type = 'iframe') = (iframe is not null))
);
create index channels_order on channels (community_id, display_order, id);
select tenant_table('channels');
alter table channels add foreign key (community_id) references communities;
alter table channels add foreign key (community_id, created_by) references members (community_id, id);

-- Who is in a direct channel.
create table channel_members (
  community_id uuid not null,
  channel_id uuid not null,
  member_id uuid not null,
  primary key (community_id, channel_id, member_id)
);
create index channel_members_member on channel_members (community_id, member_id);
select tenant_table('channel_members');
alter table channel_members add foreign key (community_id, channel_id) references channels (community_id, id) on delete cascade;
alter table channel_members add foreign key (community_id, member_id) references members (community_id, id);
