-- Reasons of absence: what a reason of the target goes as at the source, as a person or the configuration file says.

create table absence_reason (
  connection_id uuid not null references connection,
  organisation_id uuid not null,
  -- The target's identifier. Empty: the default, for every reason that is not confirmed, and for absences without a reason.
  reason_id text collate "C" not null,
  -- In the target's words.
  name text not null default '',
  -- Justifications at the target that carry it, when its catalogue was read last; null where the target does not tell.
  uses integer,
  -- 'open': nothing was seen to fit. Only what is confirmed is used.
  state text not null check (state in ('open', 'proposed', 'confirmed')),
  -- The source's reason. Empty: it goes in words, without a code.
  source_id text collate "C",
  source_code text,
  source_caption text,
  -- How a proposal was found, as MatchedHow of roster/reason-matcher.ts.
  how text,
  -- Who confirmed it: the configuration file, or a person by name.
  origin text check (origin in ('configuration', 'person')),
  decided_by text not null default '',
  decided_at timestamptz,
  primary key (connection_id, reason_id),
  check ((state = 'open') = (source_id is null)),
  check ((state = 'confirmed') = (origin is not null))
);
call isolate('absence_reason');
grant select, insert, update, delete on absence_reason to rollcall_app;

-- What a line carries to the source as its reason, as it was mapped when the line was last looked at; empty without a code.
alter table attendance_line add column source_reason_id text collate "C" not null default '';
alter table attendance_line add column source_reason_code text not null default '';
-- The mark as the source accepted it last: a list that is replaced keeps it while the line itself waits for its reason.
alter table attendance_line add column accepted jsonb;

-- 'unmapped': its reason is not mapped; it waits, and goes by itself once it is.
alter table attendance_line drop constraint attendance_line_state_check;
alter table attendance_line add constraint attendance_line_state_check
  check (state in ('waiting', 'sent', 'acknowledged', 'rejected', 'unmapped'));
-- The lines that have, had or wait for a reason: each slice of the way up looks at these, and at no others.
create index attendance_line_reason on attendance_line (connection_id)
  where wanted ->> 'status' = 'justified' or source_reason_id <> '' or state = 'unmapped';
