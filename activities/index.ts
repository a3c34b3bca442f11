import { activityInfo, cancellationSignal } from '@temporalio/activity';
import type { RunRef } from '../store/steps.ts';
import { admit } from './admit.ts';
import { dedupe } from './dedupe.ts';
import { deliver } from './deliver.ts';
import { fetch } from './fetch.ts';
import { filter } from './filter.ts';
import { decideHold, lookAtHold } from './hold.ts';
import { noteSkip } from './note-skip.ts';
import { lookAtPause } from './pause.ts';
import { plan } from './plan.ts';
import { pushAttendanceSlice } from './push-attendance.ts';
import { readAttendance } from './read-attendance.ts';
import { type RunEnd, report } from './report.ts';
import type { Services } from './services.ts';
import type { HoldRef } from './start-hold.ts';
import type { PauseRef } from './start-pause.ts';
import type { NamedRequest } from './start-sync.ts';
import { sweep } from './sweep.ts';
import { upsertSlice } from './upsert.ts';
import { validate } from './validate.ts';

/** The durable steps as workflows call them: ids in, counts and codes out. */
export function createActivities(services: Services) {
  return {
    admit: (request: NamedRequest) =>
      admit(services, {
        ...request,
        kind: 'sync',
        planOnly: request.preview,
        workflowId: activityInfo().workflowExecution?.workflowId ?? '',
      }),
    fetch: (run: RunRef) => fetch(services, run, cancellationSignal()),
    // Two steps in one activity: the second decides what the first has loaded, and history stays short.
    validate: async (run: RunRef) => {
      const validated = await validate(services, run, cancellationSignal());
      return { ...validated, ...(await dedupe(services, run, cancellationSignal())) };
    },
    plan: (run: RunRef) => plan(services, run, cancellationSignal()),
    filter: (run: RunRef) => filter(services, run),
    upsertSlice: (run: RunRef) => upsertSlice(services, run, cancellationSignal()),
    readAttendance: (run: RunRef) => readAttendance(services, run, cancellationSignal()),
    pushAttendanceSlice: (run: RunRef) => pushAttendanceSlice(services, run, cancellationSignal()),
    report: (run: RunRef, end: RunEnd) => report(services, run, end),
    deliver: (organisationId: string) => deliver(services, organisationId, cancellationSignal()),
    sweep: () => sweep(services),
    noteSkip: (run: RunRef, commandId: string, part: 'upsert' | 'attendance', skipped: boolean) =>
      noteSkip(services, run, commandId, part, skipped),
    lookAtPause: (ref: PauseRef) => lookAtPause(services, ref),
    lookAtHold: (ref: HoldRef) => lookAtHold(services, ref),
    decideHold: (ref: HoldRef, commandId: string) => decideHold(services, ref, commandId),
  };
}

export type Activities = ReturnType<typeof createActivities>;
