import { defaultLimits, safetyFilter } from '../roster/safety-filter.ts';
import { readPlan } from '../store/api-plan.ts';
import { holdCells } from '../store/changes.ts';
import { type Counts, finishStep, type RunRef } from '../store/steps.ts';
import { durableStep } from './durable-step.ts';
import type { Services } from './services.ts';

/** Compares the plan with the limits: what is over a limit is held, the rest goes on. */
export function filter(services: Services, run: RunRef): Promise<Counts> {
  return durableStep(services, run, 'safety-filter', (attempt) =>
    services.db.organisation(run.organisationId, async (tx) => {
      const { cells, size } = await readPlan(tx, run.runId);
      const held = await holdCells(tx, run.runId, safetyFilter(cells, defaultLimits, size));
      const counts = { held };
      await finishStep(tx, attempt, counts);
      return counts;
    }),
  );
}
