import { CancellationScope, isCancellation } from '@temporalio/workflow';

/** Parts of a run that a person may end: what they leave undone is planned, or waits, for the next run. */
export const skippableParts = ['upsert', 'attendance'] as const;
export type SkippablePart = (typeof skippableParts)[number];

/** One such part: work that may be ended from outside without failing the run. */
export class Skippable {
  #scope: CancellationScope | undefined;
  #skipped = false;

  get skipped(): boolean {
    return this.#skipped;
  }

  /** Does the work; returns also when it was skipped. */
  async run(work: () => Promise<unknown>): Promise<void> {
    this.#scope = new CancellationScope();
    try {
      await this.#scope.run(work);
    } catch (error) {
      if (!this.#skipped || !isCancellation(error)) throw error;
    } finally {
      this.#scope = undefined;
    }
  }

  /** Ends the work where it is at it; false where it is not. */
  skip(): boolean {
    if (this.#scope === undefined) return false;
    this.#skipped = true;
    this.#scope.cancel();
    return true;
  }
}
