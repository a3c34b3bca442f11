import { z } from 'zod';
import { errorMeanings, isErrorCode } from '../../roster/error-codes.ts';
import { type FindingCode, findingMeanings, isFindingCode } from '../../roster/finding-codes.ts';
import type { OpenFinding } from '../../store/findings.ts';
import type { RunRow } from '../../store/runs.ts';
import { paint, paintState, print, printWrapped } from './output.ts';

/** What the report step stored of a run. */
const runSummary = z.object({
  planOnly: z.boolean(),
  changes: z.array(z.object({ kind: z.string(), operation: z.string(), state: z.string(), count: z.number() })),
  held: z.number(),
  findings: z.record(z.string(), z.number()),
  attendance: z.record(z.string(), z.number()),
  attendanceCode: z.string().nullable().default(null),
  credentialMails: z.number().default(0),
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

/** The state of a run in its colour: one of which a part is held is done, but never green. */
export function stateOfRun(run: RunRow): string {
  const held = heldOf(run);
  return held > 0 && run.state === 'completed' ? paint('yellow', `completed, ${held} held`) : paintState(run.state);
}

/** Findings of a run, by code. */
export function findingsOf(run: RunRow): Readonly<Record<string, number>> {
  const parsed = runSummary.safeParse(run.summary);
  return parsed.success ? parsed.data.findings : {};
}

/**
 * Says in a few lines what became of a run: what was written, what was left out and why, with a named example of each from
 * the findings that are open now.
 */
export function printRunSummary(run: RunRow, open: readonly OpenFinding[]): void {
  const name = `${run.organisationCode}/${run.connectionCode}`;
  const held = heldOf(run);
  print(`Run ${run.number} of ${name}: ${stateOfRun(run)}${run.planOnly ? ' (plan only)' : ''}`);
  if (run.code !== null) printCode(run.code, run.failedStep);
  const parsed = runSummary.safeParse(run.summary);
  if (!parsed.success) return;
  const { planOnly, changes, findings, attendance, attendanceCode, credentialMails } = parsed.data;
  if (changes.length === 0 && run.state === 'completed') print('  Nothing differs: nothing was written.');
  for (const { kind, operation, state, count } of changes) {
    const word = state === 'applied' ? (verbs[operation] ?? operation) : `${operation} ${planOnly ? 'planned' : state}`;
    printCount(count, `${kind}${count === 1 ? '' : 's'} ${word}`);
  }
  if (held > 0 && !planOnly) print(paint('yellow', `        Look at what is held: rollcall holds ${name}`));
  if (changes.length > 0) printCount(credentialMails, `credential mail${credentialMails === 1 ? '' : 's'}`);
  for (const [state, count] of Object.entries(attendance)) {
    printCount(count, `attendance line${count === 1 ? '' : 's'} ${state}`);
  }
  if (attendanceCode !== null && attendanceCode !== run.code) printCode(attendanceCode, 'the way up');
  printFindings(findings, open);
}

function printCount(count: number, words: string): void {
  print(`  ${String(count).padStart(5)} ${words}`);
}

const findingIndent = 10;
const severities = ['error', 'warning', 'info'] as const;
const colours = { error: 'red', warning: 'yellow', info: 'dim' } as const;

/** The most serious first. */
function printFindings(counts: Readonly<Record<string, number>>, open: readonly OpenFinding[]): void {
  const codes = Object.keys(counts).filter(isFindingCode);
  if (codes.length === 0) return;
  print(paint('bold', 'Left out, or worth a look'));
  const rankOf = (code: FindingCode) => severities.indexOf(findingMeanings[code].severity);
  for (const code of codes.sort((a, b) => rankOf(a) - rankOf(b))) {
    const { severity, next } = findingMeanings[code];
    print(`  ${String(counts[code]).padStart(5)} × ${paint(colours[severity], code)}`);
    printWrapped(next.en, findingIndent, 'dim');
    const example = open.find((finding) => finding.code === code);
    if (example === undefined) continue;
    const named = example.label === '' ? `${example.kind} ${example.syncKey}` : `"${example.label}"`;
    printWrapped(`For example ${named}: ${example.detail}`, findingIndent);
  }
}

function printCode(code: string, step: string | null): void {
  print(`  ${paint('red', code)}${step === null ? '' : ` at ${step}`}`);
  if (isErrorCode(code)) print(`  ${errorMeanings[code].next.en}`);
}
