-- Messages: what members say in channels, and what they make of it.

-- What a forum talks about. Each begins with a message.
create table topics (
  community_id uuid not null,
  id uuid not null,
  channel_id uuid not null,
  title text not null,
  author_id uuid not null,
  -- Topics are listed by it.
  last_message_id uuid not null,
  created_at timestamptz not null,
  primary key (community_id, id)
);
create index topics_channel on topics (community_id, channel_id, last_message_id);
select tenant_table('topics');
alter table topics add foreign key (community_id, channel_id) references channels (community_id, id) on delete cascade;
alter table topics add foreign key (community_id, author_id) references members (community_id, id);

create table messages (
  community_id uuid not null,
  -- Of messages of a channel, a later one's is larger, and none comes that is smaller than one that was read.
  id uuid not null,
  channel_id uuid not null,
  -- Of a forum.
  topic_id uuid,
  author_id uuid not null,
  -- By which the author sent it; null for a widget.
  key_id uuid,
  -- What the sender calls it, so that it is sent once.
  client_id text,
  text text not null,
  reply_to uuid,
  -- Only its author and who may manage messages there read it: members write so where others whisper.
  is_whispered_back boolean not null default false,
  pinned_at timestamptz,
  edited_at timestamptz,
  -- Its place stays, and nothing of what it said.
  deleted_at timestamptz,
  created_at timestamptz not null,
  primary key (community_id, id)
);
create index messages_channel on messages (community_id, channel_id, id);
create index messages_topic on messages (community_id, topic_id, id) where topic_id is not null;
create index messages_author on messages (community_id, author_id, id);
create index messages_pins on messages (community_id, channel_id, pinned_at) where pinned_at is not null;
create unique index messages_client on messages (community_id, channel_id, author_id, client_id) where client_id is not null;
select tenant_table('messages');
alter table messages add foreign key (community_id, channel_id) references channels (community_id, id) on delete cascade;
alter table messages add foreign key (community_id, author_id) references members (community_id, id);

create table message_reactions (
  community_id uuid not null,
  message_id uuid not null,
  emoji text not null,
  member_id uuid not null,
  created_at timestamptz not null,
  primary key (community_id, message_id, emoji, member_id)
);
create index message_reactions_member on message_reactions (community_id, member_id);
select tenant_table('message_reactions');
alter table message_reactions add foreign key (community_id, message_id) references messages (community_id, id) on delete cascade;
alter table message_reactions add foreign key (community_id, member_id) references members (community_id, id);

-- Whom messages name.
create table message_mentions (
  community_id uuid not null,
  message_id uuid not null,
  member_id uuid not null,
  channel_id uuid not null,
  primary key (community_id, message_id, member_id)
);
create index message_mentions_member on message_mentions (community_id, member_id, channel_id, message_id);
select tenant_table('message_mentions');
alter table message_mentions add foreign key (community_id, message_id) references messages (community_id, id) on delete cascade;
alter table message_mentions add foreign key (community_id, member_id) references members (community_id, id);

-- How far members have read, and what they want to hear of a channel.
create table channel_reads (
  community_id uuid not null,
  channel_id uuid not null,
  member_id uuid not null,
  -- The last message that they have read; null: none yet.
  read_to uuid,
  is_muted boolean not null default false,
  -- When others were told last that they write.
  typed_at timestamptz,
  primary key (community_id, channel_id, member_id)
);
create index channel_reads_member on channel_reads (community_id, member_id);
select tenant_table('channel_reads');
alter table channel_reads add foreign key (community_id, channel_id) references channels (community_id, id) on delete cascade;
alter table channel_reads add foreign key (community_id, member_id) references members (community_id, id);

-- What members think somebody should look at.
create table message_reports (
  community_id uuid not null,
  id uuid not null,
  message_id uuid not null,
  -- Who says so.
  member_id uuid not null,
  reason text not null,
  -- What the message said then.
  text text not null,
  closed_at timestamptz,
  created_at timestamptz not null,
  primary key (community_id, id),
  unique (community_id, message_id, member_id)
);
create index message_reports_member on message_reports (community_id, member_id);
select tenant_table('message_reports');
alter table message_reports add foreign key (community_id, message_id) references messages (community_id, id) on delete cascade;
alter table message_reports add foreign key (community_id, member_id) references members (community_id, id);

-- Files that members uploaded for messages of a channel.
create table attachments (
  community_id uuid not null,
  -- Random: who does not know it does not find the file.
  id uuid not null,
  channel_id uuid not null,
  -- Who uploaded it.
  member_id uuid not null,
  -- Which carries it, and as which of its files; null: none yet, or none any more.
  message_id uuid,
  position int not null default 0,
  name text not null,
  type text not null,
  size int not null,
  -- Of a picture.
  width int,
  height int,
  color text,
  created_at timestamptz not null,
  -- With its message. Its row counts for a day among what its member uploaded.
  removed_at timestamptz,
  primary key (community_id, id),
  check (message_id is null or removed_at is null)
);
create index attachments_message on attachments (community_id, message_id, position) where message_id is not null;
create index attachments_channel on attachments (community_id, channel_id);
create index attachments_member on attachments (community_id, member_id, created_at);
create index attachments_loose on attachments (created_at) where message_id is null;
select tenant_table('attachments');
-- Who deletes a channel has its files removed before.
alter table attachments add foreign key (community_id, message_id) references messages (community_id, id) on delete cascade;
alter table attachments add foreign key (community_id, channel_id) references channels (community_id, id) on delete cascade;
alter table attachments add foreign key (community_id, member_id) references members (community_id, id);
create policy worker on attachments for select using (is_worker() and message_id is null);
