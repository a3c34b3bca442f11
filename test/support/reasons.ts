import { decideReasons } from '../../store/reasons.ts';
import type { StepRun } from './step-run.ts';

/** A person's word on a reason, or with the empty id on the default: a typed code, or in words with an empty one. */
export async function typed(steps: StepRun, reasonId: string, code: string): Promise<void> {
  const match = { id: code, code, caption: '' };
  const [owner] = await steps.query<{ organisationId: string }>(
    'select organisation_id as "organisationId" from connection where connection_id = $1',
    [steps.connectionId],
  );
  const { organisationId = '' } = owner ?? {};
  await steps.inOrganisation((tx) =>
    decideReasons(tx, { organisationId, connectionId: steps.connectionId }, 'Ada', [{ reasonId, match }]),
  );
}

export function readAttendanceLines(steps: StepRun): Promise<{ person: string; state: string }[]> {
  return steps.query('select person_key as person, state from attendance_line order by 1');
}
