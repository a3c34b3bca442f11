import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { defaultLimits } from '../../roster/safety-filter.ts';
import { lesson, person } from '../support/records.ts';
import { StepRun } from '../support/step-run.ts';

/*
 * Any sequence of edits of a school, runs, crashes, approvals and rejections. After each run the invariants are looked up in
 * what the target holds and in the books; the expected end is worked out from the school and the decisions alone.
 */

const lessons = 48;

type Move =
  /** The source names the first so many lessons from now on, in a room. */
  | { readonly do: 'edit'; readonly names: number; readonly room: 'A1' | 'B2' }
  | { readonly do: 'sync' }
  /** The process is killed before a step, or after so many changes, answered or not. */
  | { readonly do: 'crash'; readonly at: 'validate' | 'safety-filter' | 'change' | 'answer'; readonly after: number }
  | { readonly do: 'approve' | 'reject'; readonly share: number };

const move: fc.Arbitrary<Move> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('edit' as const),
      names: fc.integer({ min: 0, max: lessons }),
      room: fc.constantFrom('A1' as const, 'B2' as const),
    }),
  },
  { weight: 4, arbitrary: fc.constant({ do: 'sync' as const }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('crash' as const),
      at: fc.constantFrom('validate' as const, 'safety-filter' as const, 'change' as const, 'answer' as const),
      after: fc.nat(20),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constantFrom('approve' as const, 'reject' as const),
      share: fc.constantFrom(0.3, 1),
    }),
  },
);

class Killed extends Error {}

class Story {
  readonly #steps: StepRun;
  readonly #starts = Date.now();
  #names = lessons;
  #room = 'A1';

  constructor(steps: StepRun) {
    this.#steps = steps;
    this.#say();
    steps.world.handmade('by-hand', {
      kind: 'lesson',
      after: { title: 'Made by hand', room: 'Z', startsAt: this.#hour(9), endsAt: this.#hour(10) },
    });
  }

  #hour(hours: number): string {
    return new Date(Math.floor(this.#starts / 3_600_000 + 30 + hours) * 3_600_000).toISOString();
  }

  #say(): void {
    const named = Array.from({ length: this.#names }, (_, n) => lesson(`e${n}`, 30 + 2 * n, { room: this.#room }));
    this.#steps.world.records = [person('i1'), person('l1'), ...named];
  }

  async play(moves: readonly Move[]): Promise<void> {
    for (const one of moves) {
      if (one.do === 'edit') {
        this.#names = one.names;
        this.#room = one.room;
        this.#say();
      } else if (one.do === 'sync') await this.#sync();
      else if (one.do === 'crash') await this.#crash(one);
      else await this.#decide(one.do, one.share);
      await this.#checkInvariants();
    }
  }

  async #sync(): Promise<void> {
    await this.#steps.sync();
  }

  async #crash({ at, after }: Move & { do: 'crash' }): Promise<void> {
    const { world } = this.#steps;
    let left = after;
    const killed = () => {
      left -= 1;
      if (left < 0) throw new Killed();
      return undefined;
    };
    if (at === 'change') world.outcome = killed;
    if (at === 'answer') {
      world.onInsert = (_change, commit) => {
        const made = commit();
        killed();
        return made;
      };
    }
    const between = async (step: string) => {
      if (step === at) throw new Killed();
    };
    await this.#steps.sync({ between }).catch((error: unknown) => {
      if (!(error instanceof Killed)) throw error;
    });
    world.outcome = () => undefined;
    world.onInsert = (_change, commit) => commit();
  }

  async #decide(action: 'approve' | 'reject', share: number): Promise<void> {
    for (const hold of await this.#steps.holds()) {
      const open = (await this.#steps.changesOf(hold)).filter(({ state }) => state === 'open');
      const digests = open.slice(0, Math.ceil(open.length * share)).map(({ digest }) => digest);
      await this.#steps.decide(action, { hold: hold.number, digests });
    }
  }

  async #checkInvariants(): Promise<void> {
    const { world } = this.#steps;
    // 11: what was made by hand is never touched.
    expect(world.objects.get('by-hand')?.after['title'], 'invariant 11').toBe('Made by hand');
    // 10: a crash doubles nothing.
    const keys = [...world.objects.values()]
      .filter(({ foreignId }) => foreignId !== '')
      .map(({ kind, foreignId }) => `${kind} ${foreignId}`);
    expect(keys.length, 'invariant 10: nothing is doubled').toBe(new Set(keys).size);
    // 3: nothing over a limit was applied without an approval of those very changes, which that run used up.
    const over = await this.#steps.query<{
      number: number;
      operation: 'delete' | 'update';
      applied: number;
      base: number;
    }>(
      `select r.number, c.operation, count(*)::int as applied, max((cell ->> 'base')::int) as base
         from change c join run r using (run_id) join plan p using (run_id)
         join jsonb_array_elements(p.cells) cell on (cell ->> 'kind', cell ->> 'operation', cell ->> 'school') = (c.kind, c.operation, c.school)
        where c.kind = 'lesson' and c.operation in ('delete', 'update') and c.state = 'applied'
          and not exists (select from hold_change h where h.digest = c.digest and h.state in ('approved', 'used') and h.decided_at < c.ended_at
                              and coalesce(h.ended_run, c.run_id) = c.run_id)
        group by 1, 2`,
    );
    for (const { number, operation, applied, base } of over) {
      const { percent = 100, floor = 0 } = defaultLimits[operation] ?? {};
      expect(
        applied <= Math.max(floor, (base * percent) / 100),
        `invariant 3: run ${number} applied ${applied} ${operation}s of ${base}`,
      ).toBe(true);
    }
    // 2: nothing is sent that is not in a stored plan.
    const [unplanned] = await this.#steps.query<{ count: number }>(
      `select count(*)::int as count from change c where c.state in ('applied', 'sending') and not exists (select from plan p where p.run_id = c.run_id)`,
    );
    expect(unplanned?.count, 'invariant 2').toBe(0);
  }

  /** Everything is decided and brought in; then the target is what the school says, but for what was rejected. */
  async settle(): Promise<void> {
    for (let round = 0; round < 4; round += 1) {
      await this.#sync();
      await this.#decide('approve', 1);
    }
    await this.#sync();
    await this.#checkInvariants();
    expect(await this.#steps.holds(), 'nothing is held any more').toEqual([]);
    const { world } = this.#steps;
    const rejected = await this.#steps.query<{ key: string; operation: string }>(
      `select sync_key as key, operation from hold_change where state = 'rejected'`,
    );
    const kept = new Set(
      rejected.filter(({ operation }) => operation === 'delete').map(({ key }) => key.split('@')[0] ?? ''),
    );
    const old = new Set(
      rejected.filter(({ operation }) => operation === 'update').map(({ key }) => key.split('@')[0] ?? ''),
    );
    const expected = new Set(Array.from({ length: this.#names }, (_, n) => `e${n}`));
    const there = new Map<string, unknown>();
    for (const { kind, foreignId, after } of world.objects.values()) {
      const [, key] = /^timetable:(.+)@/.exec(foreignId) ?? [];
      if (kind === 'lesson' && key !== undefined) there.set(key, after['room']);
    }
    for (const key of expected) expect(there.has(key), `${key} is at the target`).toBe(true);
    for (const key of there.keys())
      expect(expected.has(key) || kept.has(key), `${key} may be at the target`).toBe(true);
    for (const key of expected) {
      if (!old.has(key)) expect(there.get(key), `room of ${key}`).toBe(this.#room);
    }
  }
}

describe('property: whatever a school does, whatever crashes, and whatever people decide', () => {
  it('the invariants hold after every step, and in the end the target is what was decided', {
    timeout: 240_000,
  }, async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(move, { minLength: 4, maxLength: 12 }), async (moves) => {
        const steps = await StepRun.begin();
        try {
          const story = new Story(steps);
          await story.play(moves);
          await story.settle();
        } finally {
          await steps.end();
        }
      }),
      { numRuns: Number(process.env['PROPERTY_RUNS'] ?? 12) },
    );
  });
});
