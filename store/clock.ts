import type { Transaction } from './database.ts';

/** Business time as an ISO instant: the database's clock plus the offset of `rollcall clock set`. Every process reads it. */
export async function businessNow(tx: Transaction): Promise<string> {
  const { now } = await tx.one<{ now: string }>('select business_now() as now');
  return now;
}

/** Sets business time; it goes on ticking from there. Local mode only: the caller checks that. */
export async function setClock(tx: Transaction, instant: string): Promise<void> {
  await tx.execute(
    `update operator.clock set offset_ms = round(extract(epoch from ($1::timestamptz - clock_timestamp())) * 1000)`,
    [instant],
  );
}

/** Business time is real time again. */
export async function resetClock(tx: Transaction): Promise<void> {
  await tx.execute('update operator.clock set offset_ms = 0');
}
