import { parseArgs } from 'node:util';
import type { TestProject } from 'vitest/node';
import setUp from '../support/stack.ts';
import { playRound, type RoundResult } from './round.ts';
import type { Servers } from './world.ts';

/*
 * npm run chaos -- --rounds N [--seed S] [--at-once K]: plays N rounds from seed S on, a line each. A failed one is told with its order
 * of events. Exit code 1 when anything was not as it must be.
 */

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '15' },
    seed: { type: 'string' },
    'at-once': { type: 'string', default: '3' },
    story: { type: 'boolean', default: false },
  },
});
const rounds = wholeNumber('rounds', values.rounds);
const firstSeed = values.seed === undefined ? Math.floor(Date.now() / 1000) : wholeNumber('seed', values.seed);
const atOnce = wholeNumber('at-once', values['at-once']);

const { servers, stop } = await startServers();
const results: RoundResult[] = [];
try {
  const seeds = Array.from({ length: rounds }, (_, number) => firstSeed + number);
  const player = async () => {
    for (let seed = seeds.shift(); seed !== undefined; seed = seeds.shift()) {
      const result = await playRound(servers, seed);
      results.push(result);
      report(result);
    }
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, rounds) }, player));
} finally {
  await stop();
}
const failed = results.filter(({ violations }) => violations.length > 0).map(({ seed }) => seed);
const syncs = results.reduce((sum, result) => sum + result.syncs, 0);
console.log(
  `${results.length} rounds, ${syncs} syncs, ${failed.length} failed${failed.length > 0 ? `: seeds ${failed.join(', ')}` : ''}`,
);
process.exit(failed.length > 0 ? 1 : 0);

/** The servers of the test run; what they are told to a test project is all we need of one. */
async function startServers(): Promise<{ servers: Servers; stop: () => Promise<void> }> {
  const provided = new Map<string, string>();
  const project = { provide: (name: string, value: string) => provided.set(name, value) } as unknown as TestProject;
  const stop = await setUp(project);
  const get = (name: keyof Servers) => provided.get(name) ?? '';
  const servers = {
    databaseServer: get('databaseServer'),
    databaseTemplate: get('databaseTemplate'),
    temporalAddress: get('temporalAddress'),
    temporalBinary: get('temporalBinary'),
  };
  return { servers, stop };
}

function report({ seed, seconds, syncs, shocks, violations, story }: RoundResult): void {
  const verdict = violations.length === 0 ? 'ok' : `${violations.length} VIOLATIONS`;
  console.log(`seed ${seed}: ${verdict}, ${syncs} syncs, ${seconds.toFixed(1)} s (${shocks.join(', ')})`);
  if (violations.length === 0 && !values.story) return;
  for (const line of [...story, ...violations.map((violation) => `VIOLATION ${violation}`)]) console.log(`  ${line}`);
  if (violations.length > 0) console.log(`  Again: npm run chaos -- --rounds 1 --seed ${seed}`);
}

function wholeNumber(name: string, text: string): number {
  if (/^\d{1,12}$/.test(text)) return Number(text);
  console.error(`--${name} is "${text}", not a whole number.`);
  process.exit(2);
}
