import type { Client } from '@temporalio/client';
import { reconcileSchedules } from '../activities/schedules.ts';
import type { Database } from '../store/database.ts';

/**
 * Has Temporal know at once what the store says of an organisation's schedules. Where Temporal is not to be had now, the
 * next sweep does it: false.
 */
export async function tellSchedules(
  { db, temporal, taskQueue }: { db: Database; temporal: () => Promise<Client>; taskQueue: string },
  organisationCode: string,
): Promise<boolean> {
  const client = await temporal().catch(() => undefined);
  if (client === undefined) return false;
  await reconcileSchedules({ db, temporal: client, taskQueue }, { organisationCode });
  return true;
}

/** What to say where Temporal could not be told. */
export const schedulesLater = 'Temporal did not answer: its Schedules are put right by the next sweep of a worker.';
