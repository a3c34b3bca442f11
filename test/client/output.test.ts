import { stripVTControlCharacters } from 'node:util';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { clip, columns, countsText, printWrapped } from '../../client/cli/output.ts';
import { progressDisplay } from '../../client/cli/progress.ts';
import type { RunRow, StepRow } from '../../store/runs.ts';

afterEach(() => vi.restoreAllMocks());

/** What is printed on a terminal of so many columns, line by line. */
function printedAt(width: number, work: () => void): string[] {
  const stdout = process.stdout as { isTTY?: boolean; columns?: number };
  const before = { isTTY: stdout.isTTY, columns: stdout.columns };
  const written: string[] = [];
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => written.push(String(text)) > 0);
  Object.assign(stdout, { isTTY: true, columns: width });
  try {
    work();
  } finally {
    Object.assign(stdout, before);
  }
  return written.join('').trimEnd().split('\n');
}

describe('text on a terminal', () => {
  it('breaks between words, behind its indent, and never past the last column', () => {
    const text = 'Two learners have one e-mail address; lessons go without this one. Correct the address.';
    const lines = printedAt(50, () => printWrapped(text, 10));
    expect(lines.every((line) => line.length <= 50 && line.startsWith(' '.repeat(10)))).toBe(true);
    expect(lines.map((line) => line.trim()).join(' ')).toBe(text);
  });

  it('is one line where there is no terminal', () => {
    expect(columns()).toBe(Number.POSITIVE_INFINITY);
  });

  it('is clipped to what one line has room for', () => {
    expect(clip('seven lessons', 8)).toBe('seven l…');
    expect(clip('seven', 8)).toBe('seven');
    expect(clip('seven', 0)).toBe('…');
  });
});

it('the bar of a step never wraps, however much it has to tell: the next drawing would begin too low', () => {
  const counts = { groups: 62, lessons: 1697, persons: 1639, findings: 565, 'valid groups': 60, 'valid lessons': 1144 };
  const step: StepRow = {
    step: 'validate',
    state: 'done',
    attempts: 2,
    counts,
    startedAt: '',
    endedAt: '',
  };
  for (const width of [60, 80, 200]) {
    const lines = printedAt(width, () => progressDisplay()({ run: {} as RunRow, steps: [step] }));
    const told = lines.map((line) => stripVTControlCharacters(line)).filter((line) => line.includes('validate'));
    expect(told).toHaveLength(1);
    expect([...(told[0] ?? '')].length).toBeLessThanOrEqual(width);
  }
});

describe('counts of a step', () => {
  it('are told in words, sizes in units, and what there was none of is left out', () => {
    expect(countsText({ bytes: 7_670_141, chunks: 1, findings: 0 })).toBe('7.7 MB, 1 chunk');
    expect(countsText({ bytes: 900 })).toBe('900 bytes');
  });
});
