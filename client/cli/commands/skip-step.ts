import { z } from 'zod';
import { recordCommand } from '../../../store/commands.ts';
import { listRuns } from '../../../store/runs.ts';
import { skippableParts } from '../../../workflows/skippable.ts';
import { exitCodes, UsageError } from '../exit-codes.ts';
import { print, printJson } from '../output.ts';
import { findConnection, withSession } from '../session.ts';

const outcome = z.object({ skipped: z.boolean(), left: z.number() });
const deadlineMs = 10_000;

/** Ends a part of the run at work where that is safe, and says what it leaves for the next run. */
export async function skipStep(
  name: string,
  step: string,
  options: { reason: string; json?: boolean },
): Promise<number> {
  const part = skippableParts.find((known) => known === step);
  if (part === undefined) {
    throw new UsageError(
      `"${step}" cannot be skipped: a run without it would remove or send what nobody has seen. Safe: ${skippableParts.join(', ')}.`,
    );
  }
  return withSession('skip-step', async ({ db, actor, ...session }) => {
    const { organisationId, connectionId } = await findConnection(db, name);
    const [run] = await listRuns(db, { connectionId, limit: 1 });
    if (run === undefined || run.state !== 'working') throw new UsageError(`No run of ${name} is at work.`);
    const commandId = await db.organisation(organisationId, (tx) =>
      recordCommand(tx, {
        organisationId,
        connectionId,
        action: 'skip-step',
        actor: actor.name,
        role: actor.role,
        reason: options.reason,
        detail: { run: run.number, part },
      }),
    );
    const temporal = await session.temporal();
    const answer = await temporal.withDeadline(Date.now() + deadlineMs, () =>
      temporal.workflow
        .getHandle(run.workflowId)
        .executeUpdate('skipStep', { args: [commandId, part], updateId: commandId }),
    );
    const { skipped, left } = outcome.parse(answer);
    if (options.json) printJson('skip-step', { run: run.number, part, skipped, left });
    else if (!skipped) print(`Run ${run.number} is not at ${part} now; nothing was skipped.`);
    else {
      const what =
        part === 'upsert'
          ? `change${left === 1 ? '' : 's'} not written`
          : `attendance line${left === 1 ? '' : 's'} not returned`;
      print(`Skipped ${part} of run ${run.number}: ${left} ${what} yet. The next run does that.`);
    }
    return skipped ? exitCodes.done : exitCodes.refused;
  });
}
