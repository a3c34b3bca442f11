import { type AttendanceLine, attendanceLines, lineStates } from '../../../store/attendance.ts';
import { UsageError } from '../exit-codes.ts';
import { localTime, paint, print, printJson, printTable } from '../output.ts';
import { findConnection, withSession } from '../session.ts';

/** Lists attendance on its way back to the source: each line with its state, why, whose move it is, and the next try. */
export async function attendance(
  name: string,
  options: { state?: string; limit: number; json?: boolean },
): Promise<void> {
  const state = lineStates.find((known) => known === options.state);
  if (options.state !== undefined && state === undefined) {
    throw new UsageError(`There is no state "${options.state}". There are: ${lineStates.join(', ')}.`);
  }
  await withSession('look', async ({ db }) => {
    const { organisationId, connectionId } = await findConnection(db, name);
    const lines = await db.organisation(organisationId, (tx) =>
      attendanceLines(tx, connectionId, { limit: options.limit, ...(state === undefined ? {} : { state }) }),
    );
    if (options.json) {
      printJson('attendance', { connection: name, lines });
      return;
    }
    if (lines.length === 0)
      print('No attendance line. They come once a lesson has ended and an instructor has signed.');
    else printTable(['LESSON', 'LEARNER', 'MARK', 'STATE', 'MOVE OF', 'NEXT TRY', 'WHY'], lines.map(cells));
  });
}

const colours = { waiting: 'yellow', sent: 'yellow', acknowledged: 'green', rejected: 'red', unmapped: 'red' } as const;

function cells(line: AttendanceLine): string[] {
  return [
    line.lessonKey,
    line.personKey,
    line.status,
    paint(colours[line.state], line.state),
    line.owner,
    nextTryOf(line),
    line.state === 'unmapped' ? 'its reason is not mapped: rollcall reasons' : line.reason,
  ];
}

function nextTryOf({ state, nextTryAt }: AttendanceLine): string {
  if (state === 'rejected') return localTime(nextTryAt);
  if (state === 'unmapped') return 'once mapped';
  return state === 'acknowledged' ? '' : 'next run';
}
