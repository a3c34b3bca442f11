import { DateTime } from 'luxon';
import { wakePause } from '../../../activities/start-pause.ts';
import { businessNow, resetClock, setClock } from '../../../store/clock.ts';
import { openPauses } from '../../../store/pauses.ts';
import { UsageError } from '../exit-codes.ts';
import { print, printJson } from '../output.ts';
import { withSession } from '../session.ts';

/** Sets or resets business time, for trying things out. Leases, rates and time-outs never follow it. */
export async function clock(instant: string | undefined, options: { json?: boolean }): Promise<void> {
  await withSession('clock', async ({ db, settings, temporal }) => {
    if (!settings.local) throw new UsageError('The clock may be set in local mode only ("rollcall start").');
    const wanted = instant === undefined ? undefined : DateTime.fromISO(instant);
    if (wanted !== undefined && !wanted.isValid) {
      throw new UsageError(`"${instant}" is not an ISO instant, as in 2026-12-01T08:00:00+01:00.`);
    }
    const now = await db.operator(async (tx) => {
      if (wanted === undefined) await resetClock(tx);
      else await setClock(tx, wanted.toUTC().toISO() ?? '');
      return businessNow(tx);
    });
    for (const { organisationCode, number } of await db.operator(openPauses)) {
      await wakePause(await temporal(), { organisationCode, number });
    }
    if (options.json) printJson('clock', { now });
    else print(`Business time is ${now}.`);
  });
}
