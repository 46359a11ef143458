-- Cards: what pages say of themselves that messages link to.

create table link_cards (
  community_id uuid not null,
  -- The page, without the place in it that a link may lead to.
  url text not null,
  -- It is to be asked, or is being asked. Else, where it is due: looked at whether a message still links to it.
  is_wanted boolean not null,
  due_at timestamptz,
  -- How often it was taken since it became due.
  tries int not null default 0,
  -- Until when it is not asked again, whoever links to it; null until it was asked.
  fresh_to timestamptz,
  -- Null where it has said nothing.
  title text,
  description text not null default '',
  site_name text not null default '',
  image_id uuid,
  image_width int,
  image_height int,
  primary key (community_id, url)
);
create index link_cards_due on link_cards (due_at) where due_at is not null;
select tenant_table('link_cards');
alter table link_cards add foreign key (community_id) references communities;
create policy worker on link_cards for select using (is_worker() and due_at is not null);

-- Which messages show which.
create table message_cards (
  community_id uuid not null,
  message_id uuid not null,
  url text not null,
  -- Where the link leads, as it was written.
  href text not null,
  -- Its place among the links of the message.
  place smallint not null,
  primary key (community_id, message_id, url)
);
create index message_cards_url on message_cards (community_id, url, message_id);
select tenant_table('message_cards');
alter table message_cards add foreign key (community_id, message_id) references messages (community_id, id) on delete cascade;
alter table message_cards add foreign key (community_id, url) references link_cards (community_id, url);
