import type { Transaction } from './database.ts';
import type { RunRef } from './steps.ts';

/** A lesson that was named by the source, whether or not it is sent. */
export interface SeenLesson {
  readonly syncKey: string;
  readonly localDate: string;
}

/** Remembers on which local date each lesson was first seen. */
export async function rememberLessons(
  tx: Transaction,
  run: RunRef,
  today: string,
  lessons: readonly SeenLesson[],
): Promise<void> {
  await tx.execute(
    `insert into lesson_seen (connection_id, organisation_id, sync_key, local_date, first_seen_on)
     select $1, $2, l."syncKey", min(l."localDate"::date), $3::date
       from jsonb_to_recordset($4::jsonb) as l("syncKey" text, "localDate" text) group by l."syncKey"
     on conflict do nothing`,
    [run.connectionId, run.organisationId, today, JSON.stringify(lessons)],
  );
}
