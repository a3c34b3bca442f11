import { type Attempt, beginStep, type Counts, type RunRef, type StepName } from '../store/steps.ts';
import type { Services } from './services.ts';

/**
 * Runs one durable step: a step that is already done gives its stored counts again; otherwise this attempt takes it
 * over and does the work, which ends by committing the step as done.
 */
export async function durableStep(
  services: Services,
  run: RunRef,
  step: StepName,
  work: (attempt: Attempt) => Promise<Counts>,
): Promise<Counts> {
  const begun = await beginStep(services.db, run, step);
  return begun.done ? begun.counts : work(begun.attempt);
}
