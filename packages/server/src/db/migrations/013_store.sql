-- The store: what members spend currency on.

-- Of communities that have set something.
create table stores (
  community_id uuid primary key,
  is_enabled boolean not null default false,
  title text not null default '',
  description text not null default '',
  -- Whether widgets show it, while it is enabled.
  widget_enabled boolean not null default true,
  -- Where it stands: mails lead there.
  page text,
  updated_at timestamptz not null,
  revision int not null default 1
);
select tenant_table('stores');
alter table stores add foreign key (community_id) references communities;

create table product_categories (
  community_id uuid not null,
  id uuid not null,
  name text not null,
  display_order int not null default 0,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  revision int not null default 0,
  primary key (community_id, id)
);
select tenant_table('product_categories');
alter table product_categories add foreign key (community_id) references communities;

create table products (
  community_id uuid not null,
  id uuid not null,
  name text not null,
  description text not null default '',
  image_id uuid,
  image_alt text not null default '',
  type text not null default 'item' check (type in ('item', 'voucher')),
  category_id uuid,
  price bigint not null check (price >= 0),
  -- Least, most and step, where members choose what they pay.
  variable_price jsonb,
  -- What it costs for a time.
  discount_price bigint check (discount_price >= 0),
  discount_starts_at timestamptz,
  discount_ends_at timestamptz,
  -- Who may buy it: whom one of them is for. None: every member.
  access_rules jsonb not null default '[]',
  starts_at timestamptz,
  ends_at timestamptz,
  -- How many there ever were, and how many of them somebody has: null and of no account where it has no limit. Of a voucher
  -- there are as many as codes.
  stocked bigint,
  sold bigint not null default 0 check (sold >= 0),
  purchase_limit jsonb,
  -- What who buys it is asked.
  questions jsonb not null default '[]',
  terms text not null default '',
  instructions text not null default '',
  -- Where who has bought it finds it.
  link text,
  -- What its orders are at first: a status, or one that everybody has, by its category.
  order_status text,
  is_archived boolean not null default false,
  display_order int not null default 0,
  deleted_at timestamptz,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  revision int not null default 0,
  primary key (community_id, id),
  constraint products_in_stock check (sold <= stocked)
);
create index products_order on products (community_id, display_order, id) where deleted_at is null;
create index products_category on products (community_id, category_id) where category_id is not null;
select tenant_table('products');
alter table products add foreign key (community_id) references communities;
alter table products add foreign key (community_id, category_id) references product_categories (community_id, id);

-- What a community calls how far its orders are, beside what everybody does.
create table order_statuses (
  community_id uuid not null,
  id uuid not null,
  name text not null,
  category text not null check (category in ('incomplete', 'complete', 'refunded', 'cancelled')),
  color text not null,
  primary key (community_id, id)
);
select tenant_table('order_statuses');
alter table order_statuses add foreign key (community_id) references communities;

create table orders (
  community_id uuid not null,
  id uuid not null,
  -- For people.
  number text collate "C" not null,
  member_id uuid not null,
  product_id uuid not null,
  -- As it was then.
  product_name text not null,
  price bigint not null check (price >= 0),
  category text not null check (category in ('incomplete', 'complete', 'refunded', 'cancelled')),
  -- A status of the community; null, or one that is gone, for the one that everybody has of the category.
  status_id uuid,
  -- What the member answered.
  information jsonb not null default '[]',
  -- Whether it is counted in what is sold of a product with a limit.
  took_stock boolean not null,
  -- The quote at whose price it was bought: good for one.
  quote_id uuid not null,
  -- When the member was paid back.
  returned_at timestamptz,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  revision int not null default 0,
  primary key (community_id, id),
  check ((returned_at is not null) = (category in ('refunded', 'cancelled')))
);
create unique index orders_quote on orders (community_id, member_id, quote_id);
create index orders_member on orders (community_id, member_id, id);
create index orders_product on orders (community_id, product_id, member_id, id);
create index orders_of_product on orders (community_id, product_id, id);
create index orders_category on orders (community_id, category, id);
create index orders_status on orders (community_id, status_id, id) where status_id is not null;
create index orders_number on orders (community_id, number);
select tenant_table('orders');
alter table orders add foreign key (community_id, member_id) references members (community_id, id);
alter table orders add foreign key (community_id, product_id) references products (community_id, id);

-- The codes that members are given for what they buy.
create table vouchers (
  community_id uuid not null,
  id uuid not null,
  product_id uuid not null,
  -- Encrypted by the root key, and by which one.
  code bytea not null,
  sealed_by bytea not null,
  -- Tells codes apart without reading them.
  fingerprint bytea not null,
  -- `infinity` for never.
  expires_at timestamptz not null default 'infinity',
  order_id uuid,
  revealed_at timestamptz,
  created_at timestamptz not null,
  primary key (community_id, id)
);
create unique index vouchers_code on vouchers (community_id, product_id, fingerprint);
create unique index vouchers_order on vouchers (community_id, order_id) where order_id is not null;
create index vouchers_free on vouchers (community_id, product_id, expires_at, id) where order_id is null;
select tenant_table('vouchers');
alter table vouchers add foreign key (community_id, product_id) references products (community_id, id);
alter table vouchers add foreign key (community_id, order_id) references orders (community_id, id);
create policy worker on vouchers for select using (is_worker());

-- What members save for.
create table wishes (
  community_id uuid not null,
  member_id uuid not null,
  product_id uuid not null,
  -- Whether they want to be told when it can be bought again, and when it could.
  notify boolean not null,
  back_at timestamptz,
  -- Whether a mail is to say so as well.
  is_mail_due boolean not null default false,
  created_at timestamptz not null,
  primary key (community_id, member_id, product_id)
);
create index wishes_product on wishes (community_id, product_id);
create index wishes_waiting on wishes (community_id, product_id) where notify and back_at is null;
create index wishes_mails on wishes (community_id) where is_mail_due;
select tenant_table('wishes');
create policy worker on wishes for select using (is_worker() and is_mail_due);
alter table wishes add foreign key (community_id, member_id) references members (community_id, id);
alter table wishes add foreign key (community_id, product_id) references products (community_id, id);
