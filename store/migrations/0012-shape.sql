-- What shape the answers of a connection's source have: names of fields, kinds of values and counts, never values of records.
create table answer_shape (
  connection_id uuid primary key references connection,
  organisation_id uuid not null,
  -- Of which data set it was learned: another one is learned anew.
  source_identity text not null,
  -- KnownShape in roster/answer-shape.ts.
  known jsonb not null,
  -- What of it was news at the last read: ShapeNews[].
  news jsonb not null,
  learned_at timestamptz not null,
  -- Business time of the last read in which it was other than before.
  changed_at timestamptz not null
);
call isolate('answer_shape');
grant select, insert, update, delete on answer_shape to rollcall_app;
-- Noted by the step that reads the snapshot into staging.
grant select, insert, update on answer_shape to rollcall_loader;
grant select (connection_id, organisation_id, source_identity) on connection to rollcall_loader;
