import { clearScreenDown, moveCursor } from 'node:readline';
import type { StepRow } from '../../store/runs.ts';
import type { RunView } from '../watch-run.ts';
import { clip, columns, countsText, paint, print } from './output.ts';

const labels: Readonly<Record<string, string>> = {
  fetch: 'fetch',
  validate: 'validate',
  dedupe: 'dedupe',
  plan: 'plan',
  'safety-filter': 'safety filter',
  upsert: 'upsert',
  'read-attendance': 'read attendance',
  'push-attendance': 'push attendance',
  report: 'report',
};

const labelWidth = 16;
const barWidth = 24;

/** Shows the steps of a run while it goes: a bar each on a terminal, a plain line per finished step elsewhere. */
export function progressDisplay(): (view: RunView) => void {
  return process.stdout.isTTY ? bars() : plainLines();
}

function bars(): (view: RunView) => void {
  let drawn = 0;
  return ({ run, steps }) => {
    moveCursor(process.stdout, 0, -drawn);
    clearScreenDown(process.stdout);
    const lines = run === undefined ? [paint('dim', 'Waiting for a worker …')] : steps.map(barLine);
    for (const line of lines) print(line);
    drawn = lines.length;
  };
}

function plainLines(): (view: RunView) => void {
  const told = new Set<string>();
  return ({ steps }) => {
    for (const step of steps.filter((one) => one.state === 'done' && !told.has(one.step))) {
      told.add(step.step);
      print(`${labels[step.step] ?? step.step}: ${countsText(step.counts) || 'done'}`);
    }
  };
}

function barLine(step: StepRow): string {
  const share = step.state === 'done' ? 1 : shareDone(step);
  const filled = Math.round(share * barWidth);
  const attempts = step.attempts > 1 && step.step !== 'upsert' ? ` (attempt ${step.attempts})` : '';
  const colour = step.state === 'done' ? 'green' : 'cyan';
  const bar = paint(colour, '━'.repeat(filled)) + paint('dim', '━'.repeat(barWidth - filled));
  // A line that wraps would be two, and the next drawing would begin one too low.
  const told = clip(`${countsText(step.counts)}${attempts}`, columns() - labelWidth - barWidth - 3);
  return `${(labels[step.step] ?? step.step).padEnd(labelWidth)} ${bar} ${told}`;
}

/** Only writing knows how much there is to do before it is done. */
function shareDone({ counts }: StepRow): number {
  const total = Object.values(counts).reduce((sum, count) => sum + count, 0);
  const open = (counts['planned'] ?? 0) + (counts['sending'] ?? 0);
  return total === 0 ? 0 : (total - open) / total;
}
