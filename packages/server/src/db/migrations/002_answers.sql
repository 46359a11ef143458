-- An operation has one status for what succeeds, so that nobody ever read which one an answer had.
alter table idempotency_keys drop column status;
