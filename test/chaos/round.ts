import { DateTime } from 'luxon';
import type { AlcuinState } from '../../simulators/alcuin/state.ts';
import type { Course, EdusignState } from '../../simulators/edusign/state.ts';
import { Pick } from '../../simulators/kit/pick.ts';
import type { RunRow } from '../../store/runs.ts';
import { checkBooks } from './books.ts';
import { compareEdusign, type Measure } from './compare.ts';
import { calm, type Moment, raiseStorm, requests, type Shock, strike } from './disturbances.ts';
import { Hand } from './hand.ts';
import { compareMarks, type DayPassed, Marks } from './marks.ts';
import { Memory } from './memory.ts';
import { expectAfter, isOurs } from './oracle.ts';
import { foundSchool, learnersOf, stirSchool } from './school-life.ts';
import { localDay, readTimetable } from './timetable.ts';
import { type Servers, World, type WorldPlan } from './world.ts';

export interface RoundResult {
  readonly seed: number;
  readonly seconds: number;
  readonly syncs: number;
  readonly shocks: readonly string[];
  /** Empty when everything was as it must be. */
  readonly violations: readonly string[];
  /** The order of events, to read what went wrong. */
  readonly story: readonly string[];
}

const zone = 'Europe/Paris';

// One week of each kind: an ordinary one, and those around both clock changes.
const beginnings = ['2026-11-23', '2026-11-26', '2026-10-19', '2027-03-18'] as const;
// No lesson begins or ends within the next ten minutes, which is more than a sync takes.
const hours = ['06:03', '11:03', '13:03', '17:03'] as const;
const evening = '20:33';

/** Plays one round from its seed. Stops at the first sync that leaves something as it must not be. */
export async function playRound(servers: Servers, seed: number): Promise<RoundResult> {
  const began = performance.now();
  const pick = new Pick(seed);
  const plan = planOf(pick);
  const world = await World.open(servers, plan.world);
  const round = new Round(world, pick, plan);
  try {
    await round.play();
  } catch (error) {
    round.fail(error);
  } finally {
    await world.close();
  }
  return { seed, seconds: (performance.now() - began) / 1000, ...round.result() };
}

interface RoundPlan {
  readonly world: WorldPlan;
  readonly stages: number;
  /** Which of the disturbed syncs suffers which shock. */
  readonly shocks: ReadonlyMap<number, Shock>;
  /** Every removal is over the limit: a person approves it after the sync that held it. */
  readonly strict: boolean;
}

function planOf(pick: Pick): RoundPlan {
  const startsAt = at(pick.one(beginnings), pick.one(hours));
  const stages = pick.between(2, 3);
  const first = pick.one<Shock>(['kill', 'kill', 'freeze', 'freeze', 'cut-database', 'restart-temporal']);
  const shocks = new Map<number, Shock>([[pick.between(0, stages), first]]);
  // A second one, of the kind that costs no waiting for a time-out.
  if (pick.chance(0.5)) shocks.set(pick.between(0, stages), 'cut-database');
  // Drawn apart, so that the rest of a seed's round stays what it was.
  const more = new Pick(pick.between(1, 1_000_000));
  const unshaken = [...Array(stages + 1).keys()].filter((stage) => !shocks.has(stage));
  if (more.chance(0.6) && unshaken.length > 0) {
    shocks.set(more.one(unshaken), more.one<Shock>(['terminate', 'cancel', 'reset']));
  }
  const strict = more.chance(0.4);
  const late = new Pick(more.between(1, 1_000_000));
  const calmStages = unshaken.filter((stage) => !shocks.has(stage));
  if (late.chance(0.7) && calmStages.length > 0) {
    shocks.set(late.one(calmStages), late.one<Shock>(['pause', 'pause-now', 'restart-database']));
  }
  const ownTemporal = [...shocks.values()].includes('restart-temporal');
  const ownDatabase = [...shocks.values()].includes('restart-database');
  return { world: { startsAt, directories: pick.chance(0.6), ownTemporal, ownDatabase }, stages, shocks, strict };
}

/** What a sync found and left. */
interface Synced {
  readonly row: RunRow;
  readonly school: AlcuinState;
  readonly before: EdusignState;
  readonly after: EdusignState;
  readonly schoolAfter: AlcuinState;
}

class Round {
  readonly #world: World;
  readonly #pick: Pick;
  readonly #plan: RoundPlan;
  readonly #memory = new Memory();
  readonly #marks = new Marks();
  readonly #hand: Hand;
  readonly #story: string[] = [];
  readonly #violations: string[] = [];
  readonly #tell = (what: string) => {
    this.#story.push(`${this.#world.now().toISOString()} ${what}`);
  };
  #syncs = 0;
  #liveSince = '';
  /** A late request has made a second sheet, which the next sync removes. */
  #doubled = false;
  /** The last run came to its end: all that is at Edusign is known to us. */
  #settled = true;
  /** Lines that Alcuin refused are offered again a day later. */
  #linesRefused = false;

  constructor(world: World, pick: Pick, plan: RoundPlan) {
    this.#world = world;
    this.#pick = pick;
    this.#plan = plan;
    this.#hand = new Hand(world, pick, this.#memory, this.#marks, this.#tell);
  }

  result(): Omit<RoundResult, 'seed' | 'seconds'> {
    const shocks = [...this.#plan.shocks.values()];
    return { syncs: this.#syncs, shocks, violations: this.#violations, story: this.#story };
  }

  fail(error: unknown): void {
    this.#violations.push(error instanceof Error ? (error.stack ?? error.message) : String(error));
  }

  async play(): Promise<void> {
    await this.#begin();
    for (let stage = 0; stage <= this.#plan.stages; stage += 1) {
      if (stage > 0) await this.#liveOn();
      await this.#sync(stage);
      if (this.#violations.length > 0) return;
    }
    await this.#end();
  }

  async #begin(): Promise<void> {
    const ready = this.#world.startWorker();
    // Whoever waits for it below sees its failure.
    ready.catch(() => {});
    await foundSchool(this.#world, this.#pick);
    await this.#lessonBeforeGoLive();
    await this.#hand.settleIn();
    await this.#world.goLive();
    if (this.#plan.strict) await this.#world.beStrict();
    this.#liveSince = this.#world.now().toISOString();
    await ready;
  }

  /** A lesson of ours that ended before go-live, as an earlier installation left it: its marks are not ours to return. */
  async #lessonBeforeGoLive(): Promise<void> {
    const today = localDay(this.#world.now().toISOString());
    const span = { start: `${today}T00:30`, end: `${today}T01:30` };
    const learners = learnersOf(await this.#world.alcuinState()).slice(0, 1);
    await this.#world.edit('alcuin', {
      edit: 'add-lesson',
      id: 4999,
      name: 'Avant',
      ...span,
      instructors: [2001],
      learners,
    });
    const teacher = { FIRSTNAME: 'Guy', LASTNAME: 'Avant', EMAIL: 'guy.avant@perso.example' };
    const { ID } = await this.#world.edit<{ ID: string }>('edusign', { edit: 'make-professor', fields: teacher });
    const sheet = { NAME: 'Avant', START: span.start, END: span.end, PROFESSOR: ID };
    const key = { API_ID: `timetable:4999@${today}`, API_TYPE: 'rollcall' };
    const made = await this.#world.edit<{ ID: string }>('edusign', {
      edit: 'make-course',
      fields: { ...sheet, ...key },
    });
    await this.#world.edit('edusign', { edit: 'finish', course: made.ID, lock: true });
  }

  /** What happens between two syncs. */
  async #liveOn(): Promise<void> {
    // A second sheet that begins would stay: it is given the chance to be removed first.
    if (!this.#doubled) await this.#passTime();
    await stirSchool(this.#world, this.#pick, this.#tell);
    // What somebody changes on a sheet that we have not come to know looks like the sheet itself.
    if (this.#settled) await this.#hand.work();
  }

  async #passTime(): Promise<void> {
    const how = this.#pick.one(['none', 'evening', 'days', 'days']);
    if (how === 'none') return;
    const today = localDay(this.#world.now().toISOString());
    const days = how === 'evening' ? 0 : this.#pick.between(1, 3);
    await this.#untilDay(today, days);
  }

  /** Lets days pass, today's evening included; afterwards it is some hour of the last one. */
  async #untilDay(today: string, days: number): Promise<void> {
    for (let passed = 0; passed <= days; passed += 1) {
      const date = DateTime.fromISO(today).plus({ days: passed }).toFormat('yyyy-MM-dd');
      if (passed > 0 && passed === days) {
        await this.#world.setTime(at(date, this.#pick.one(hours)));
        return;
      }
      if (this.#world.now().toISOString() < at(date, evening)) await this.#world.setTime(at(date, evening));
      const seed = this.#pick.between(1, 1_000_000);
      const shares = { late: 0.12, early: 0.06, absent: 0.12, justified: 0.06, excluded: 0.04, unsigned: 0.15 };
      const day = await this.#world.edit<DayPassed>('edusign', { edit: 'let-day-pass', date, seed, shares });
      this.#marks.passed(day);
      const { courses } = await this.#world.edusignState();
      const isLocked = (course: Course) => course.locked && localDay(course.start) === date;
      for (const course of courses.filter(isLocked)) this.#marks.lockedBefore(course);
      this.#tell(`${date} passes at Edusign: ${day.courses.length} sheets end`);
    }
  }

  /** A sync under faults, with a shock at some moment. */
  async #sync(stage: number): Promise<void> {
    await raiseStorm(this.#world, this.#pick, this.#tell);
    const shock = this.#plan.shocks.get(stage);
    const moment = { after: stage === 0 ? this.#pick.between(3, 150) : this.#pick.between(3, 35) };
    const synced = await this.#runSync(shock, moment);
    const fired = await calm(this.#world, this.#tell);
    if (fired.has('alcuin reject-lines')) this.#linesRefused = true;
    await this.#judge(synced, await this.#measureOf(synced.row), true);
    if (this.#violations.length === 0 && this.#world.isPaused) await this.#resume();
    if (this.#violations.length === 0 && this.#pick.chance(0.5)) await this.#approve();
  }

  /** Under a pause nobody gets a run; when it is lifted one starts by itself and does whatever there is. */
  async #resume(): Promise<void> {
    const refused = await this.#world.endOf(await this.#world.startSync());
    if (refused.state !== 'refused' || refused.code !== 'PAUSED') {
      this.#violations.push(`a run under a pause ended ${refused.state} (${refused.code})`);
    }
    this.#tell('the pause is lifted');
    const synced = await this.#runSync(undefined, { after: 0 }, () => this.#world.resume());
    if (synced.row.state !== 'completed') this.#violations.push(`the run after a pause ended ${synced.row.state}`);
    await this.#judge(synced, await this.#measureOf(synced.row), false);
  }

  /** A person lets through what is held; the run that follows at once does exactly that, and whatever else there is. */
  async #approve(): Promise<void> {
    const held = await this.#world.openHolds();
    if (held.length === 0) return;
    this.#tell(
      `approves ${held.map(({ number, count, kind, operation }) => `hold ${number}: ${count} ${operation} ${kind}`).join(', ')}`,
    );
    const start = async () => {
      const started = await this.#world.approveAll();
      if (started === undefined) throw new Error('Nothing was held any more.');
      return started;
    };
    const synced = await this.#runSync(undefined, { after: 0 }, start);
    if (synced.row.state !== 'completed') this.#violations.push(`the run of an approval ended ${synced.row.state}`);
    await this.#judge(synced, await this.#measureOf(synced.row), false);
  }

  async #runSync(shock: Shock | undefined, moment: Moment, start = () => this.#world.startSync()): Promise<Synced> {
    await this.#world.quiet();
    const [school, before] = [await this.#world.alcuinState(), await this.#world.edusignState()];
    const base = await requests(this.#world);
    const started = await start();
    let isOver = false;
    const end = this.#world.endOf(started).finally(() => {
      isOver = true;
    });
    const struck =
      shock === undefined
        ? undefined
        : strike(
            this.#world,
            shock,
            moment,
            { base, workflowId: started.workflowId, isOver: () => isOver },
            this.#tell,
          );
    const [row] = await Promise.all([end, struck]);
    await this.#world.quiet();
    this.#syncs += 1;
    this.#tell(
      `sync ${row.number} ended: ${row.state}${row.code === null ? '' : ` (${row.code} at ${row.failedStep})`}`,
    );
    const [after, schoolAfter] = [await this.#world.edusignState(), await this.#world.alcuinState()];
    return { row, school, before, after, schoolAfter };
  }

  /** A sync that says it did everything must have. */
  async #measureOf(row: RunRow): Promise<Measure> {
    const refused = await this.#world.sql(
      `select 1 from change where run_id = $1 and state in ('rejected', 'stale', 'waiting', 'held') limit 1`,
      [row.runId],
    );
    return row.state === 'completed' && refused.length === 0 ? 'exact' : 'either';
  }

  async #judge({ row, school, before, after, schoolAfter }: Synced, measure: Measure, disturbed: boolean) {
    const { directories } = this.#plan.world;
    const timetable = readTimetable(school, row.asOf, directories, this.#memory.known(before));
    const there = new Set(after.courses.map(({ id }) => id));
    const expected = expectAfter(before, timetable, this.#memory, (id) => there.has(id));
    const found = compareEdusign(before, after, expected, measure, disturbed);
    this.#memory.saw(timetable, row.state === 'completed');
    this.#memory.learn(expected, after);
    const world = { before: school, after: schoolAfter, edusign: after };
    const known = { liveSince: this.#liveSince, refers: this.#memory.refers };
    found.push(...compareMarks(world, this.#marks, known, this.#linesRefused ? 'either' : measure));
    found.push(...(await checkBooks(this.#world, after, this.#hand.removed)));
    this.#violations.push(...found.map((violation) => `after sync ${row.number} (${measure}): ${violation}`));
    this.#settled = row.state === 'completed';
    const keys = after.courses.filter(isOurs).map(({ apiId }) => apiId);
    this.#doubled = new Set(keys).size < keys.length;
  }

  /** All faults are gone: one sync puts everything right, and a second one finds nothing to do. */
  async #end(): Promise<void> {
    if (this.#doubled || !this.#settled) await this.#calmSync();
    if (this.#violations.length > 0) return;
    await this.#untilDay(localDay(this.#world.now().toISOString()), 2);
    this.#linesRefused = false;
    await this.#calmSync();
    if (this.#violations.length > 0) return;
    const last = { alcuin: await this.#lastEntry('alcuin'), edusign: await this.#lastEntry('edusign') };
    await this.#calmSync();
    for (const system of ['alcuin', 'edusign'] as const) {
      const writes = (await this.#world.journal(system, last[system])).filter(({ method }) => method !== 'GET');
      for (const { method, path, body } of writes) {
        this.#violations.push(`a sync with nothing to do wrote: ${method} ${path} ${JSON.stringify(body)}`);
      }
    }
  }

  async #lastEntry(system: 'alcuin' | 'edusign'): Promise<number> {
    return (await this.#world.journal(system)).at(-1)?.n ?? 0;
  }

  async #calmSync(): Promise<void> {
    const synced = await this.#runSync(undefined, { after: 0 });
    const { state, code, number } = synced.row;
    if (state !== 'completed') this.#violations.push(`calm sync ${number} ended ${state} (${code})`);
    const isHeld = (await this.#world.openHolds()).length > 0;
    await this.#judge(synced, isHeld ? 'either' : 'exact', false);
    if (this.#violations.length === 0) await this.#approve();
    if ((await this.#world.openHolds()).length > 0) this.#violations.push('something is still held after its approval');
  }
}

function at(date: string, time: string): string {
  return new Date(DateTime.fromISO(`${date}T${time}`, { zone }).toMillis()).toISOString();
}
