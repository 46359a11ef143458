-- Which it was, of an operation that does several things.

alter table audit_log add column action text;
