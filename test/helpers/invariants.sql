-- What must hold in every database at every moment when no transaction is open. One row for each thing that does not:
-- which invariant, in which community, and what is wrong. Run it as a role that row-level security does not bind.
with
-- Everything that boards count: entries, and changes of fields.
happened as (
  select e.*, e.at at time zone c.time_zone as local, c.week_start
  from (
    select community_id, member_id, unit as metric, amount as change, created_at as at
    from entries where member_id is not null
    union all
    select h.community_id, member_id, 'field:' || field, value - coalesce(previous, 0), recorded_at
    from user_field_changes h join user_fields f on f.community_id = h.community_id and f.id = h.field_id
  ) e join communities c on c.id = e.community_id
),
-- What board_scores keeps, counted again for every run of every board.
runs as (
  select b.community_id, b.id as board_id, p.period, e.member_id, e.change,
    case p.period
      when 'all' then date '0001-01-01'
      when 'year' then date_trunc('year', e.local)::date
      when 'month' then date_trunc('month', e.local)::date
      when 'week' then e.local::date - (extract(isodow from e.local)::int - e.week_start + 7) % 7
      when 'day' then e.local::date
    end as period_start
  from leaderboards b
  cross join lateral unnest(b.periods) as p (period)
  join happened e on e.community_id = b.community_id and e.metric = b.metric
    and (b.starts_at is null or e.at >= b.starts_at)
    and (b.ends_at is null or e.at < b.ends_at)
    and (b.ranked_members = '{}' or e.member_id = any (b.ranked_members))
    and (b.counted_to is null or e.member_id <= b.counted_to)
),
-- What a board that is just being counted has of members whom it has not come to is of no account.
scores as (
  select s.* from board_scores s left join leaderboards b on b.community_id = s.community_id and b.id = s.board_id
  where b.counted_to is null or s.member_id <= b.counted_to
),
recounted as (
  select r.community_id, r.board_id, r.period, r.period_start, r.member_id, sum(r.change) as score,
    bool_and(
      m.status = 'active' and m.visibility = 'public' and m.fields @> b.ranked_fields
        and (not b.requires_opt_in or b.id = any (m.entered_boards))
    ) as ranked
  from runs r
  join members m on m.community_id = r.community_id and m.id = r.member_id
  join leaderboards b on b.community_id = r.community_id and b.id = r.board_id
  group by r.community_id, r.board_id, r.period, r.period_start, r.member_id
),
-- The tree of counts together with the changes that are not yet folded into it.
counted as (
  select community_id, board_id, period, period_start, level, bucket, sum(n) as n
  from (
    select community_id, board_id, period, period_start, level, bucket, n from board_counts
    union all
    select d.community_id, d.board_id, d.period, d.period_start, level, score >> (8 * level), n
    from board_deltas d
    cross join lateral (values (old_score, -1), (new_score, 1)) as v (score, n)
    cross join generate_series(0, 6) as level
    where score is not null
  ) c
  group by community_id, board_id, period, period_start, level, bucket
  having sum(n) <> 0
),
ranked as (
  select community_id, board_id, period, period_start, level, score >> (8 * level) as bucket, count(*) as n
  from board_scores cross join generate_series(0, 6) as level
  where ranked
  group by community_id, board_id, period, period_start, level, score >> (8 * level)
)

select 'a transaction sums to 0' as invariant, community_id,
  format('transaction %s is off by %s %s', transaction_id, sum(amount), unit) as detail
from entries group by community_id, transaction_id, unit having sum(amount) <> 0
union all
select 'a transaction has entries', t.community_id, format('transaction %s has none', t.id)
from transactions t
where not exists (select from entries e where e.community_id = t.community_id and e.transaction_id = t.id)
union all
select 'a balance is the sum of its entries', community_id,
  format('member %s holds %s %s, the ledger says %s', member_id, b.amount, unit, e.amount)
from balances b
full join (
  select community_id, member_id, unit, sum(amount) as amount
  from entries where member_id is not null group by community_id, member_id, unit
) e using (community_id, member_id, unit)
where coalesce(b.amount, 0) <> coalesce(e.amount, 0)
union all
select 'a balance is not below 0', community_id, format('member %s holds %s %s', member_id, amount, unit)
from balances where amount < 0
union all
select 'a key has one effect', community_id, format('key %s has %s transactions', key, count(*))
from transactions group by community_id, key having count(*) > 1
union all
select 'a value is the last that was recorded', community_id,
  format('member %s, field %s holds %s, the changes say %s', member_id, field_id, v.value, c.value)
from user_field_values v
full join (
  select community_id, member_id, field_id, sum(value - coalesce(previous, 0)) as value
  from user_field_changes group by community_id, member_id, field_id
) c using (community_id, member_id, field_id)
where v.value is distinct from c.value
union all
select 'a claimed amount is in the ledger', w.community_id,
  format('board %s, %s from %s, member %s', board_id, period, period_start, member_id)
from board_winners w
where claimed_at is not null and prize ? 'amount' and not exists (
  select from transactions t where t.community_id = w.community_id and t.reason = 'prize'
    and t.key = format('prize:%s:%s:%s:%s', board_id, period, period_start, member_id)
)
union all
select 'what happened cannot be changed', null, format('%s has no trigger that refuses', t)
from unnest(array['transactions', 'entries', 'user_field_changes']) as t
where not exists (
  select from pg_trigger
  where tgrelid = t::regclass and tgfoid = 'refuse_change'::regproc and tgenabled <> 'D'
)
union all
select 'entries belong to members of their community', e.community_id, format('entry of transaction %s', e.transaction_id)
from entries e
where e.member_id is not null
  and not exists (select from members m where m.community_id = e.community_id and m.id = e.member_id)
union all
select 'scores are what happened, counted by run', community_id,
  format('board %s, %s from %s, member %s: has %s ranked %s, the recount says %s ranked %s',
    board_id, period, period_start, member_id, s.score, s.ranked, r.score, r.ranked)
from scores s
full join recounted r using (community_id, board_id, period, period_start, member_id)
where s.score is distinct from r.score or s.ranked is distinct from r.ranked
union all
select 'counts and deltas are the ranked scores', community_id,
  format('board %s, %s from %s, level %s, bucket %s: has %s, the scores say %s',
    board_id, period, period_start, level, bucket, coalesce(c.n, 0), coalesce(r.n, 0))
from counted c
full join ranked r using (community_id, board_id, period, period_start, level, bucket)
where coalesce(c.n, 0) <> coalesce(r.n, 0)
union all
-- Old events are deleted, so the numbers may begin late.
select 'events are numbered without gaps', community_id,
  format('%s numbered from %s to %s, the relay says %s', n, low, top, last_seq)
from (
  select community_id, count(*) as n, min(seq) as low, max(seq) as top
  from events where seq is not null group by community_id
) e left join relays r using (community_id)
where n <> top - low + 1 or top is distinct from last_seq
