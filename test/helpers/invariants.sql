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
    where h.value is not null and not h.is_late
  ) e join communities c on c.id = e.community_id
),
-- What board_scores keeps, counted again for every run of every board.
runs as (
  select b.community_id, b.scores_id as board_id, p.period, e.member_id, e.change,
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
    and (b.counted_to is null or e.member_id <= b.counted_to)
),
-- What a board that is just being counted has of members whom it has not come to is of no account.
scores as (
  select s.* from board_scores s left join leaderboards b on b.community_id = s.community_id and b.scores_id = s.board_id
  where b.counted_to is null or s.member_id <= b.counted_to
),
recounted as (
  select r.community_id, r.board_id, r.period, r.period_start, r.member_id, sum(r.change) as score,
    bool_and(
      m.status = 'active' and m.visibility = 'public'
        and (not b.requires_opt_in or coalesce(b.former_of, b.id) = any (m.entered_boards))
    ) as ranked
  from runs r
  join members m on m.community_id = r.community_id and m.id = r.member_id
  join leaderboards b on b.community_id = r.community_id and b.scores_id = r.board_id and m.fields @> b.ranked_fields
    and (
      (b.ranked_members = '{}' and b.ranked_roles = '{}') or m.id = any (b.ranked_members) or m.role_ids && b.ranked_roles
        or b.community_id = any (b.ranked_roles)
    )
  group by r.community_id, r.board_id, r.period, r.period_start, r.member_id
),
-- The stretches of counts, each with the rows that stand on it and the changes that are not yet folded into it.
stretches as (
  select c.*, lead(negated, 1, 9223372036854775807) over places as end_negated,
    lead(reached_at, 1, 'infinity') over places as end_reached_at, lead(member_id, 1, member_id) over places as end_member_id
  from board_counts c
  window places as (partition by community_id, board_id, period, period_start, level order by negated, reached_at, member_id)
),
counted as (
  select s.*, (
    select count(*) from board_scores r
    where r.community_id = s.community_id and r.board_id = s.board_id and r.period = s.period and r.period_start = s.period_start
      and ranked and (r.negated, r.reached_at, r.member_id) >= (s.negated, s.reached_at, s.member_id)
      and (r.negated, r.reached_at, r.member_id) < (end_negated, end_reached_at, end_member_id)
  ) as ranked, (
    select coalesce(sum(v.n), 0) from board_deltas d
    cross join lateral (values (old_negated, old_reached_at, -1), (new_negated, new_reached_at, 1)) as v (negated, reached_at, n)
    where d.community_id = s.community_id and d.board_id = s.board_id and d.period = s.period and d.period_start = s.period_start
      and (v.negated, v.reached_at, d.member_id) >= (s.negated, s.reached_at, s.member_id)
      and (v.negated, v.reached_at, d.member_id) < (end_negated, end_reached_at, end_member_id)
  ) as waiting
  from stretches s
),
-- A run that has no stretches yet has its changes waiting.
uncounted as (
  select community_id, board_id, period, period_start, level, sum(n) as n from (
    select community_id, board_id, period, period_start, 1 as n from board_scores where ranked
    union all
    select community_id, board_id, period, period_start, (old_negated is not null)::int - (new_negated is not null)::int
    from board_deltas
  ) r
  cross join generate_series(0, 1) as level
  where not exists (
    select from board_counts c where c.community_id = r.community_id and c.board_id = r.board_id and c.period = r.period
      and c.period_start = r.period_start and c.level = level.level and c.reached_at = '-infinity'
  )
  group by community_id, board_id, period, period_start, level
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
select 'what was gained on a day is the sum of its entries', community_id,
  format('member %s, %s: says %s %s, the ledger %s', member_id, day, g.amount, unit, e.amount)
from gains g
full join (
  select e.community_id, e.member_id, e.unit, (e.created_at at time zone 'UTC')::date as day,
    least(sum(e.amount), 9007199254740991) as amount
  from entries e join transactions t on t.community_id = e.community_id and t.id = e.transaction_id
  where e.member_id is not null and e.amount > 0 and t.reason <> 'refund'
  group by e.community_id, e.member_id, e.unit, day
) e using (community_id, member_id, unit, day)
where g.amount is distinct from e.amount
union all
select 'what a member was given for who came is the sum of its entries', community_id,
  format('member %s: says %s %s, the ledger %s', member_id, r.amount, unit, e.amount)
from referral_gains r
full join (
  select e.community_id, e.member_id, e.unit, least(sum(e.amount), 9007199254740991) as amount
  from entries e join transactions t on t.community_id = e.community_id and t.id = e.transaction_id
  where e.member_id is not null and t.key like 'referral:%'
  group by e.community_id, e.member_id, e.unit
) e using (community_id, member_id, unit)
where r.amount is distinct from e.amount
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
  from user_field_changes where value is not null and not is_late group by community_id, member_id, field_id
) c using (community_id, member_id, field_id)
where v.value is distinct from c.value
union all
select 'what a field says of a member is recorded', m.community_id, format('member %s, field %s', m.id, f.field)
from user_fields f
join members m on m.community_id = f.community_id and m.fields ? f.field
where f.forgotten_to is null and not exists (
  select from user_field_changes c where c.community_id = m.community_id and c.field_id = f.id and c.member_id = m.id
    and c.content = m.fields -> f.field and not c.is_late
)
union all
select 'what is recorded of a field is of one and of a member, who has a value', c.community_id, format('record %s', c.id)
from user_field_changes c
left join user_fields f on f.community_id = c.community_id and f.id = c.field_id
left join members m on m.community_id = c.community_id and m.id = c.member_id
where f.id is null or m.id is null or (f.forgotten_to is null and content is not null and not m.fields ? f.field)
union all
select 'a claimed amount is in the ledger', w.community_id,
  format('board %s, %s from %s, member %s', board_id, period, period_start, member_id)
from board_winners w
where claimed_at is not null and prize ? 'amount' and not exists (
  select from transactions t where t.community_id = w.community_id and t.reason = 'prize'
    and t.key = format('prize:%s:%s:%s:%s', board_id, period, period_start, member_id)
)
union all
select 'what a badge gave is in the ledger', g.community_id, format('badge %s, member %s', badge_id, g.member_id)
from member_badges g cross join lateral (values ('xp', g.xp), ('currency', g.currency)) as v (unit, amount)
where v.amount > 0 and not exists (
  select from transactions t join entries e on e.community_id = t.community_id and e.transaction_id = t.id
  where t.community_id = g.community_id and t.key = format('badge:%s:%s:%s', badge_id, g.member_id, v.unit)
    and e.member_id = g.member_id and e.unit = v.unit and e.amount = v.amount
)
union all
select 'what a stage gave is in the ledger', c.community_id, format('stage %s, member %s', stage_id, c.member_id)
from milestone_claims c cross join lateral (values ('xp', c.xp), ('currency', c.currency)) as v (unit, amount)
where v.amount > 0 and not exists (
  select from transactions t join entries e on e.community_id = t.community_id and e.transaction_id = t.id
  where t.community_id = c.community_id and t.reason = 'milestone'
    and t.key = format('milestone:%s:%s:%s:%s:%s', stage_id, period, period_start, c.member_id, v.unit)
    and e.member_id = c.member_id and e.unit = v.unit and e.amount = v.amount
)
union all
select 'what milestones gave was claimed', t.community_id, format('transaction %s', t.key)
from transactions t where t.key like 'milestone:%' and not exists (
  select from milestone_claims c cross join lateral (values ('xp'), ('currency')) as v (unit)
  where c.community_id = t.community_id
    and t.key = format('milestone:%s:%s:%s:%s:%s', stage_id, period, period_start, c.member_id, v.unit)
)
union all
select 'a stage counts its claims', s.community_id, format('stage %s says %s', s.id, s.claimed)
from milestone_stages s
where supply is not null and claimed <> (
  select count(*) from milestone_claims c where c.community_id = s.community_id and c.stage_id = s.id
)
union all
select 'a day of a streak is a day on which the member came', v.community_id, format('member %s, %s', v.member_id, v.day)
from visits v where not exists (
  select from member_facts f
  where f.community_id = v.community_id and f.member_id = v.member_id and f.kind = 'visit' and f.key = v.day::text
)
union all
select 'an order is paid, and paid back, once and in full', o.community_id, format('order %s, %s', o.id, v.kind)
from orders o cross join lateral (values ('order', -o.price, o.price > 0), ('refund', o.price, o.price > 0 and o.returned_at is not null))
  as v (kind, amount, is_due)
where is_due <> exists (
  select from transactions t where t.community_id = o.community_id and t.key = format('%s:%s', kind, o.id)
) or is_due and not exists (
  select from transactions t join entries e on e.community_id = t.community_id and e.transaction_id = t.id
  where t.community_id = o.community_id and t.key = format('%s:%s', kind, o.id) and e.member_id = o.member_id
    and e.unit = 'currency' and e.amount = v.amount
)
union all
select 'a payment is for an order', t.community_id, format('transaction %s, %s', t.id, t.key)
from transactions t where t.key ~ '^(order|refund):' and not exists (
  select from orders o where o.community_id = t.community_id and o.id::text = split_part(t.key, ':', 2)
)
union all
select 'what is sold are orders', p.community_id, format('product %s: says %s, there are %s', p.id, p.sold, n)
from products p cross join lateral (
  select count(*) as n from orders o
  where o.community_id = p.community_id and o.product_id = p.id and o.took_stock and o.returned_at is null
) o
where p.sold <> n or p.sold > p.stocked
union all
select 'a code is of its order’s product', v.community_id, format('voucher %s, order %s', v.id, v.order_id)
from vouchers v join orders o on o.community_id = v.community_id and o.id = v.order_id
where o.product_id <> v.product_id
union all
select 'what a quest gave is in the ledger, and nothing else is', coalesce(p.community_id, t.community_id),
  coalesce(p.key, t.key)
from (
  select community_id, format('social:%s:%s:%s:%s', quest_id, member_id, period, unit) as key, member_id, unit, amount
  from social_progress cross join lateral (values ('xp', xp), ('currency', currency)) as v (unit, amount)
  where amount > 0
) p
full join (
  select t.community_id, t.key, e.member_id, e.unit, e.amount from transactions t
  join entries e on e.community_id = t.community_id and e.transaction_id = t.id and e.member_id is not null
  where t.reason = 'social' and t.key like 'social:%'
) t on (t.community_id, t.key, t.member_id, t.unit, t.amount) = (p.community_id, p.key, p.member_id, p.unit, p.amount)
where p.key is null or t.key is null
union all
select 'a quest that is done is a fact', p.community_id, format('quest %s, member %s, %s', quest_id, p.member_id, period)
from social_progress p where state = 'done' and not exists (
  select from member_facts f
  where f.community_id = p.community_id and f.member_id = p.member_id and f.kind = 'social' and f.subject = quest_id
    and f.key = format('%s:%s', quest_id, period)
)
union all
select 'an account of a network is one connected member’s, and the only one of theirs there', community_id,
  format('member %s, %s', member_id, network)
from social_accounts where sealed is not null group by community_id, member_id, network having count(*) > 1
union all
select 'only an order that was paid back has a refund', o.community_id, format('order %s', o.id)
from orders o join transactions t on t.community_id = o.community_id and t.key = format('refund:%s', o.id)
where o.returned_at is null
union all
select 'what is told to be bought is an order', e.community_id, format('event %s', e.id)
from events e where type = 'store.item_purchased' and not exists (
  select from orders o where o.community_id = e.community_id and o.id = e.subject
)
union all
select 'a badge is with everybody who has enough', b.community_id, format('badge %s, member %s', b.id, a.member_id)
from badges b join (
  select community_id, member_id, unit as metric, amount from balances
  union all
  select v.community_id, member_id, 'field:' || field, value
  from user_field_values v join user_fields f on f.community_id = v.community_id and f.id = v.field_id
) a on a.community_id = b.community_id and a.metric = b.metric and a.amount >= b.quantity
where b.counted_to is null and not exists (
  select from member_badges g where g.community_id = b.community_id and g.badge_id = b.id and g.member_id = a.member_id
)
union all
select 'what happened cannot be changed', null, format('%s has no trigger that refuses', t)
from unnest(array['transactions', 'entries', 'user_field_changes', 'audit_log']) as t
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
  format('board %s, %s from %s, level %s, stretch from %s %s: has %s and %s waiting, the scores say %s',
    board_id, period, period_start, level, -negated, member_id, n, waiting, ranked)
from counted where n + waiting <> ranked
union all
select 'counts and deltas are the ranked scores', community_id,
  format('board %s, %s from %s: %s members are in no stretch of level %s', board_id, period, period_start, n, level)
from uncounted where n <> 0
union all
select 'a long stretch begins where a short one does', community_id,
  format('board %s, %s from %s: one at %s %s does not', board_id, period, period_start, -negated, member_id)
from board_counts l where level = 1 and not exists (
  select from board_counts s where s.community_id = l.community_id and s.board_id = l.board_id and s.period = l.period
    and s.period_start = l.period_start and s.level = 0
    and (s.negated, s.reached_at, s.member_id) = (l.negated, l.reached_at, l.member_id)
)
union all
-- Old events are deleted, so the numbers may begin late.
select 'events are numbered without gaps', community_id,
  format('%s numbered from %s to %s, the relay says %s', n, low, top, last_seq)
from (
  select community_id, count(*) as n, min(seq) as low, max(seq) as top
  from events where seq is not null group by community_id
) e left join relays r using (community_id)
where n <> top - low + 1 or top is distinct from last_seq
