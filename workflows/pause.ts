import { condition, defineSignal, setHandler } from '@temporalio/workflow';
import type { PauseRef } from '../activities/start-pause.ts';
import { books } from './steps.ts';

/** Somebody lifted the pause, or set the clock. */
const look = defineSignal('look');

/**
 * Waits a pause out: tells people the day before it begins and ends, when it begins and when it is over, lifts it on its
 * date, and has what it covered catch up. The row is the truth; this only looks at it again.
 */
export async function pause(ref: PauseRef): Promise<void> {
  let news = false;
  setHandler(look, () => {
    news = true;
  });
  for (;;) {
    news = false;
    const { over, nextMs } = await books.lookAtPause(ref);
    if (over) return;
    await condition(() => news, nextMs, { summary: 'until it begins, ends, or is to be reminded of' });
  }
}
