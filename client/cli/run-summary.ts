import { z } from 'zod';
import { errorMeanings, type FindingCode, findingMeanings, isErrorCode } from '../../roster/codes.ts';
import type { RunRow } from '../../store/runs.ts';
import { paint, paintState, print } from './output.ts';

/** What the report step stored of a run. */
const runSummary = z.object({
  planOnly: z.boolean(),
  changes: z.array(z.object({ kind: z.string(), operation: z.string(), state: z.string(), count: z.number() })),
  held: z.number(),
  findings: z.record(z.string(), z.number()),
  attendance: z.record(z.string(), z.number()),
});

const verbs: Readonly<Record<string, string>> = {
  insert: 'created',
  adopt: 'adopted',
  update: 'updated',
  delete: 'deleted',
  restore: 'restored',
  archive: 'archived',
  rekey: 're-keyed',
};

/** How many changes of a run wait for a person. */
export function heldOf(run: RunRow): number {
  const parsed = runSummary.safeParse(run.summary);
  return parsed.success ? parsed.data.held : 0;
}

/** Says in a few lines what became of a run. */
export function printRunSummary(run: RunRow): void {
  const name = `${run.organisationCode}/${run.connectionCode}`;
  print(`Run ${run.number} of ${name}: ${paintState(run.state)}${run.planOnly ? ' (plan only)' : ''}`);
  if (run.code !== null) printCode(run.code, run.failedStep);
  const parsed = runSummary.safeParse(run.summary);
  if (!parsed.success) return;
  const { planOnly, changes, findings, attendance } = parsed.data;
  if (changes.length === 0 && run.state === 'completed') print('  Nothing differs: nothing was written.');
  for (const { kind, operation, state, count } of changes) {
    const word = state === 'applied' ? (verbs[operation] ?? operation) : `${operation} ${planOnly ? 'planned' : state}`;
    print(`  ${String(count).padStart(4)} ${kind}${count === 1 ? '' : 's'} ${word}`);
  }
  const lines = Object.entries(attendance).map(([state, count]) => `${count} ${state}`);
  if (lines.length > 0) print(`  attendance lines: ${lines.join(', ')}`);
  for (const [code, count] of Object.entries(findings)) {
    const meaning = findingMeanings[code as FindingCode];
    print(`  ${String(count).padStart(4)} × ${paint('yellow', code)} ${paint('dim', meaning?.next.en ?? '')}`);
  }
}

function printCode(code: string, step: string | null): void {
  print(`  ${paint('red', code)}${step === null ? '' : ` at ${step}`}`);
  if (isErrorCode(code)) print(`  ${errorMeanings[code].next.en}`);
}
