import { appendFileSync, readFileSync } from 'node:fs';
import type { Reporter, TestModule } from 'vitest/node';

interface Counts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

/**
 * Ends the output with the one line that a build server counts by. Runs that belong together name one file in TEST_COUNTS:
 * the line of the last one counts for all of them.
 */
export default class ClosingLine implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], errors: readonly unknown[]): void {
    const tests = modules.flatMap((module) => [...module.children.allTests()]);
    const count = (state: string) => tests.filter((test) => test.result().state === state).length;
    const broken = modules.filter((module) => module.state() === 'failed' && module.children.size === 0).length;
    // What could not even be set up ran nothing: that is no success.
    const unstarted = modules.length === 0 ? 1 : 0;
    const own = {
      passed: count('passed'),
      failed: count('failed') + broken + errors.length + unstarted,
      skipped: count('skipped'),
    };
    const { passed, failed, skipped } = countsOfAll(own).reduce((sum, run) => ({
      passed: sum.passed + run.passed,
      failed: sum.failed + run.failed,
      skipped: sum.skipped + run.skipped,
    }));
    process.stdout.write(`\n${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}\n`);
  }
}

/** The counts of this run and of those before it. */
function countsOfAll(own: Counts): Counts[] {
  const file = process.env['TEST_COUNTS'];
  if (!file) return [own];
  appendFileSync(file, `${JSON.stringify(own)}\n`);
  const lines = readFileSync(file, 'utf8').trim().split('\n');
  return lines.map((line) => JSON.parse(line) as Counts);
}
