import { parseArgs } from 'node:util';
import { type Requests, sumOf } from './lessons-least.ts';
import type { Compared, Figures } from './lessons-measure.ts';
import { measure } from './lessons-measure.ts';
import {
  type BenchSchool,
  beforeLessons,
  firstDay,
  later,
  laterStill,
  nextMorning,
  thousandLessons,
  twentyThousandLessons,
} from './lessons-school.ts';
import { Closing, type Rates, type Stack, startStack, World } from './lessons-world.ts';

/*
 * Lessons from Alcuin to Edusign, with everything real but the outside systems: PostgreSQL, Temporal, a worker, HTTP. What
 * counts are ratios: requests to as few as could do, requests sent to requests allowed. Seconds depend on the machine.
 */

const documented: Rates = { alcuin: 120, normal: 480, heavy: 24 };
/** Twenty times that, on both sides, as `npm start` has it. */
const raised: Rates = { alcuin: 2_400, normal: 9_600, heavy: 480 };

interface Plan {
  readonly title: string;
  readonly school: () => BenchSchool;
  readonly rates: Rates;
  /** Only the first run of all. */
  readonly onlyFirst: boolean;
  /** Edits by hand that make one lesson in a hundred another. */
  readonly edits: number;
}

const plans = {
  documented: {
    title: 'about 1,000 lessons, documented rate (480 and 24 a minute)',
    school: thousandLessons,
    rates: documented,
    onlyFirst: true,
    edits: 10,
  },
  thousand: {
    title: 'about 1,000 lessons, twenty times the documented rate',
    school: thousandLessons,
    rates: raised,
    onlyFirst: false,
    edits: 10,
  },
  'twenty-thousand': {
    title: 'about 20,000 lessons, twenty times the documented rate',
    school: twentyThousandLessons,
    rates: raised,
    onlyFirst: false,
    edits: 200,
  },
} as const satisfies Record<string, Plan>;
type PlanName = keyof typeof plans;

async function main(): Promise<void> {
  const names = wanted();
  const closing = new Closing();
  const interrupted = new Promise<never>((_, reject) => {
    for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => reject(new Error(`Stopped by ${signal}.`)));
  });
  try {
    await Promise.race([runAll(closing, names), interrupted]);
  } finally {
    await closing.close();
  }
}

function wanted(): readonly PlanName[] {
  const { values } = parseArgs({ options: { only: { type: 'string', multiple: true } } });
  const all = Object.keys(plans) as PlanName[];
  const asked = values.only ?? all;
  const unknown = asked.filter((name) => !Object.hasOwn(plans, name));
  if (unknown.length > 0) throw new Error(`--only takes ${all.join(', ')}, not ${unknown.join(', ')}.`);
  return all.filter((name) => asked.includes(name));
}

async function runAll(closing: Closing, names: readonly PlanName[]): Promise<void> {
  const stack = await startStack(closing);
  for (const name of names) {
    const plan = plans[name];
    print(`${plan.title}:`);
    for await (const figures of runPlan(stack, closing, name)) tell(figures, plan.rates);
    print('');
  }
  print(
    'least: one write for each object made, changed or removed, one look at each that exists before it is changed,',
  );
  print('and as few list pages as the inventory and the attendance take. Events may be 60, and six per further slice.');
}

/** One school through its days. What is left of it is stopped before the next one begins. */
async function* runPlan(stack: Stack, closing: Closing, name: PlanName): AsyncGenerator<Figures> {
  const plan: Plan = plans[name];
  const own = new Closing();
  closing.add(() => own.close());
  const school = plan.school();
  const told = { windowDays: school.days, settled: 0 };
  const world = await World.open(stack, own, name.replaceAll('-', '_'), school, plan.rates);
  yield await measure(world, 'first', plan.rates, told);
  if (!plan.onlyFirst) {
    await world.setTime(later);
    // The first look after a run sees what that run wrote in its last ten minutes; the next one is as all others are.
    yield await measure(world, 'unchanged, right after the first', plan.rates, told);
    await world.setTime(laterStill);
    yield await measure(world, 'unchanged', plan.rates, told);
    await world.setTime(beforeLessons);
    await world.edit('alcuin', { edit: 'churn', count: plan.edits, days: school.days });
    yield await measure(world, '1 % changed', plan.rates, told);
    const settled = await letDayPass(world);
    await world.setTime(nextMorning);
    yield await measure(world, 'next morning', plan.rates, { ...told, settled });
  }
  await own.close();
}

interface Passed {
  readonly courses: readonly { readonly apiId: string; readonly locked: boolean; readonly professorSigned: boolean }[];
}

/** The first day's lessons are held; gives how many of them have attendance to return. */
async function letDayPass(world: World): Promise<number> {
  const { courses } = await world.edit<Passed>('edusign', { edit: 'let-day-pass', date: firstDay });
  return courses.filter(({ locked, professorSigned }) => locked || professorSigned).length;
}

function tell(figures: Figures, rates: Rates): void {
  const { name, seconds, edusign, alcuin, share, heavyShare, slowed, events, slices, mostEvents } = figures;
  print(`  ${name}: ${seconds.toFixed(1)} s`);
  print(`    Edusign   ${ratio(edusign)}`);
  print(`    Alcuin    ${ratio(alcuin)}`);
  print(
    `    rate      ${percent(share)} of ${rates.normal} a minute while writing, ${percent(heavyShare)} of ${rates.heavy} ` +
      `while listing; ${slowed} requests were slowed`,
  );
  print(`    history   ${events[0]} events and ${events[1]} of the way up, may be ${mostEvents}; ${slices} slices`);
  print(
    `    memory    worker at its peak ${megabytes(figures.peakMemory)}; database grew by ${megabytes(figures.growth)}`,
  );
  const steps = Object.entries(figures.steps).map(([step, took]) => `${step} ${took.toFixed(1)}`);
  print(`    seconds   ${steps.join(', ')}`);
}

function ratio({ done, least }: Compared): string {
  const [all, few] = [sumOf(done), sumOf(least)];
  const parts = ({ pages, looks, writes }: Requests) => `${pages} pages, ${looks} looks, ${writes} writes`;
  return `${all} requests (${parts(done)}), least ${few} (${parts(least)}): ${(all / few).toFixed(3)}`;
}

function percent(share: number | undefined): string {
  return share === undefined ? '-' : `${(share * 100).toFixed(1)} %`;
}

function megabytes(bytes: number | undefined): string {
  return bytes === undefined ? 'not known' : `${(bytes / 1_048_576).toFixed(1)} MB`;
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

await main();
