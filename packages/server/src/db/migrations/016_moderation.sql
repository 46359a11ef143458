-- What is done to members who misbehave.

alter table members
  -- What began until then and acts as the member, logins and tokens, does so no longer; null: nothing was ended so.
  add column signed_out_at timestamptz;

-- Until when members are suspended: those whose status, or the status that they come back to, says so.
create table member_suspensions (
  community_id uuid not null,
  member_id uuid not null,
  ends_at timestamptz not null,
  primary key (community_id, member_id)
);
create index member_suspensions_end on member_suspensions (ends_at);
select tenant_table('member_suspensions');
alter table member_suspensions add foreign key (community_id, member_id) references members (community_id, id);
create policy worker on member_suspensions for select using (is_worker());

-- What was done, and why.
create table moderations (
  community_id uuid not null,
  id uuid not null,
  member_id uuid not null,
  action text not null check (action in ('warn', 'suspend', 'unsuspend', 'kick', 'ban', 'unban')),
  reason text not null,
  -- Of a suspension.
  until timestamptz,
  -- Who did it: a key's or a member's id.
  actor text not null,
  created_at timestamptz not null,
  primary key (community_id, id),
  check ((action = 'suspend') = (until is not null))
);
create index moderations_member on moderations (community_id, member_id, id);
select tenant_table('moderations');
alter table moderations add foreign key (community_id, member_id) references members (community_id, id);
