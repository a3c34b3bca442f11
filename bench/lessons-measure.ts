import type { JournalEntry } from '../simulators/kit/journal.ts';
import type { RunRow, StepRow } from '../store/runs.ts';
import { type Held, heldBy, leastAtAlcuin, leastAtEdusign, type Requests } from './lessons-least.ts';
import type { Rates, World } from './lessons-world.ts';

/** Everything that is told of one run. */
export interface Figures {
  readonly name: string;
  readonly seconds: number;
  readonly edusign: Compared;
  readonly alcuin: Compared;
  /** Share of the rate of usual requests while changes were written; nothing where there were too few to tell. */
  readonly share: number | undefined;
  /** Share of the rate of heavy requests while the account was listed. */
  readonly heavyShare: number | undefined;
  readonly slowed: number;
  /** Of the run itself, and of its way up, which is a workflow of its own. */
  readonly events: readonly [number, number];
  readonly slices: number;
  readonly mostEvents: number;
  readonly peakMemory: number | undefined;
  readonly growth: number;
  /** The tables that grew most, in bytes. */
  readonly grown: readonly (readonly [string, number])[];
  readonly steps: Readonly<Record<string, number>>;
}

/** Requests as they were, and as few as they could have been. */
export interface Compared {
  readonly done: Requests;
  readonly least: Requests;
}

/** What happened before the run, as far as it bears on it. */
export interface Told {
  readonly windowDays: number;
  readonly settled: number;
}

const dayMs = 86_400_000;

export async function measure(world: World, name: string, rates: Rates, told: Told): Promise<Figures> {
  await world.takeJournal('alcuin');
  await world.takeJournal('edusign');
  const before = heldBy(await world.edusignState());
  // Runs of a school are hours apart, and autovacuum works in between: here it gets its time now.
  await world.vacuum();
  const sizes = await world.sizes();
  await world.takePeakMemory();
  const begun = performance.now();
  const { run, steps } = await world.sync();
  const seconds = (performance.now() - begun) / 1_000;
  const peakMemory = await world.takePeakMemory();
  const grown = growth(sizes, await world.sizes());
  const journal = await world.takeJournal('edusign');
  const upsert = within(journal, steps, 'upsert').filter((entry) => !isHeavy(entry));
  const heavy = within(journal, steps, 'plan').filter(isHeavy);
  return {
    name,
    seconds,
    ...(await compare(world, before, journal, run, told)),
    share: shareOf(upsert, rates.normal),
    heavyShare: shareOf(heavy, rates.heavy),
    slowed: journal.filter(({ slowedMs }) => slowedMs > 0).length,
    ...(await countEvents(world, run)),
    peakMemory,
    ...grown,
    steps: Object.fromEntries(steps.map((step) => [step.step, secondsOf(step)])),
  };
}

async function compare(
  world: World,
  before: Held,
  journal: readonly JournalEntry[],
  { asOf }: RunRow,
  { windowDays, settled }: Told,
): Promise<{ edusign: Compared; alcuin: Compared }> {
  const asked = await world.takeJournal('alcuin');
  const windowEnd = new Date(Date.parse(asOf) + (windowDays + 1) * dayMs).toISOString().slice(0, 10);
  const common = { windowDays, windowEnd, asOf: new Date(asOf).toISOString(), settled };
  const after = heldBy(await world.edusignState());
  return {
    edusign: { done: countRequests(journal), least: leastAtEdusign(before, after, { ...common, journal }) },
    alcuin: {
      done: countRequests(asked),
      least: leastAtAlcuin(await world.alcuinState(), { ...common, journal: asked }),
    },
  };
}

const listPath =
  /^\/v1\/(course|student|professor|group|justified-absence|justified-absence\/absence-reason)$|^\/api\/.*s$/;

function countRequests(journal: readonly JournalEntry[]): Requests {
  const reads = journal.filter(({ method }) => method === 'GET');
  const pages = reads.filter(({ path }) => listPath.test(path)).length;
  return { pages, looks: reads.length - pages, writes: journal.length - reads.length };
}

function growth(
  before: ReadonlyMap<string, number>,
  after: ReadonlyMap<string, number>,
): Pick<Figures, 'growth' | 'grown'> {
  const by = (table: string, size: number) => size - (before.get(table) ?? 0);
  const tables = [...after].filter(([table]) => table !== '').map(([table, size]) => [table, by(table, size)] as const);
  const most = tables.filter(([, grown]) => grown > 0).sort((a, b) => b[1] - a[1]);
  return { growth: by('', after.get('') ?? 0), grown: most.slice(0, 3) };
}

/** As the simulator counts them, and the documentation is understood. */
function isHeavy({ method, path }: JournalEntry): boolean {
  return method === 'GET' && /^\/v1\/(course|student|professor)$/.test(path);
}

/** What came in during a step. The database and the simulators read the same clock. */
function within(journal: readonly JournalEntry[], steps: readonly StepRow[], name: string): JournalEntry[] {
  const step = steps.find((one) => one.step === name);
  if (step === undefined) return [];
  const [from, to] = [Date.parse(step.startedAt), Date.parse(step.endedAt ?? '')];
  return journal.filter(({ time }) => Date.parse(time) >= from && Date.parse(time) <= to);
}

/** With fewer, the beginning and the end of a phase would be most of it. */
const fewest = 20;

/** Requests from the first to the last against what the rate allows in that time. */
function shareOf(entries: readonly JournalEntry[], perMinute: number): number | undefined {
  if (entries.length < fewest) return undefined;
  const times = entries.map(({ time }) => Date.parse(time)).sort((a, b) => a - b);
  const minutes = ((times.at(-1) ?? 0) - (times[0] ?? 0)) / 60_000;
  return (entries.length - 1) / (minutes * perMinute);
}

function secondsOf({ startedAt, endedAt }: StepRow): number {
  return endedAt === null ? Number.NaN : (Date.parse(endedAt) - Date.parse(startedAt)) / 1_000;
}

const aim = { events: 60, perFurtherSlice: 6 };

/** Events in the histories of a run and of its way up, and how often a step that works in slices was called. */
async function countEvents(
  { temporal }: World,
  { workflowId }: RunRow,
): Promise<{ events: readonly [number, number]; slices: number; mostEvents: number }> {
  const events: [number, number] = [0, 0];
  let slices = 0;
  let furtherSlices = 0;
  for (const [at, id] of [
    [0, workflowId],
    [1, `${workflowId}/attendance`],
  ] as const) {
    const { events: all } = await temporal.workflow.getHandle(id).fetchHistory();
    const called = (all ?? []).filter(({ activityTaskScheduledEventAttributes: activity }) =>
      activity?.activityType?.name?.endsWith('Slice'),
    ).length;
    events[at] = all?.length ?? 0;
    slices += called;
    furtherSlices += Math.max(0, called - 1);
  }
  return { events, slices, mostEvents: aim.events + aim.perFurtherSlice * furtherSlices };
}
