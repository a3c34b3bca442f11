import { allHandlersFinished, condition, defineSignal, defineUpdate, setHandler } from '@temporalio/workflow';
import type { HoldRef } from '../activities/start-hold.ts';
import type { DecisionOutcome } from '../store/decisions.ts';
import { books } from './steps.ts';

/** A person's decision, by the id of the command that was written down for it. */
const decide = defineUpdate<DecisionOutcome, [string]>('decide');
/** A run changed the hold's row. */
const look = defineSignal('look');

/**
 * Waits for people to decide on a hold: tells them, reminds them, takes decisions, and ends when nothing of the hold waits
 * any more. The row is the truth; this only looks at it again.
 */
export async function hold(ref: HoldRef): Promise<void> {
  let news = false;
  setHandler(look, () => {
    news = true;
  });
  setHandler(decide, async (commandId) => {
    const outcome = await books.decideHold(ref, commandId);
    news = true;
    return outcome;
  });
  for (;;) {
    news = false;
    const { open, nextMs } = await books.lookAtHold(ref);
    if (!open) break;
    await condition(() => news, nextMs, { summary: 'until the next reminder' });
  }
  await condition(allHandlersFinished);
}
