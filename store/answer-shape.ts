import {
  acceptShape,
  judgeAnswers,
  type KnownShape,
  newsName,
  type SeenAnswers,
  type ShapeNews,
} from '../roster/answer-shape.ts';
import type { FindingCode } from '../roster/finding-codes.ts';
import type { Transaction } from './database.ts';
import type { RunRef } from './steps.ts';

/** Under which the news of a shape are told. */
export const shapeCode: FindingCode = 'VENDOR_SHAPE_CHANGED';

/** What is known of the answers of a connection's source. */
export interface StoredShape {
  readonly known: KnownShape;
  readonly news: readonly ShapeNews[];
  readonly learnedAt: string;
  readonly changedAt: string;
}

/** Undefined before the first read of answers that have a shape. */
export function readShape(tx: Transaction, connectionId: string): Promise<StoredShape | undefined> {
  return shapeOf(tx, connectionId, '');
}

/** As {@link readShape}, and nobody else changes it until the transaction ends. */
function shapeToChange(tx: Transaction, connectionId: string): Promise<StoredShape | undefined> {
  return shapeOf(tx, connectionId, 'for update of s');
}

async function shapeOf(tx: Transaction, connectionId: string, lock: string): Promise<StoredShape | undefined> {
  const [row] = await tx.query<StoredShape>(
    `select s.known, s.news, s.learned_at as "learnedAt", s.changed_at as "changedAt"
       from answer_shape s join connection c using (connection_id)
      where s.connection_id = $1 and s.source_identity = c.source_identity ${lock}`,
    [connectionId],
  );
  return row;
}

/**
 * Notes what a read saw, and gives what is news in it. Nothing is written where nothing is other than before; another data
 * set is learned anew.
 */
export async function noteAnswers(
  tx: Transaction,
  run: RunRef,
  seen: SeenAnswers,
  of: { at: string; optional: readonly string[] },
): Promise<ShapeNews[]> {
  if (seen.objects.size === 0) return [];
  const stored = await shapeToChange(tx, run.connectionId);
  const { known, news } = judgeAnswers(stored?.known ?? {}, seen, of);
  await tx.execute(
    `insert into answer_shape as s (connection_id, organisation_id, source_identity, known, news, learned_at, changed_at)
     select $1, $2, c.source_identity, $3, $4, $5, $5 from connection c where c.connection_id = $1
     on conflict (connection_id) do update
       set source_identity = excluded.source_identity, known = excluded.known, news = excluded.news, changed_at = excluded.changed_at,
           learned_at = case when s.source_identity = excluded.source_identity then s.learned_at else excluded.learned_at end
       where (s.source_identity, s.known, s.news) is distinct from (excluded.source_identity, excluded.known, excluded.news)`,
    [run.connectionId, run.organisationId, JSON.stringify(known), JSON.stringify(news), of.at],
  );
  return news;
}

/** From now on all of it is as usual; the findings close at the next read. Gives what was news. */
export async function acceptAnswers(tx: Transaction, connectionId: string): Promise<readonly ShapeNews[]> {
  const stored = await shapeToChange(tx, connectionId);
  if (stored === undefined) return [];
  await tx.execute(
    `update answer_shape set known = $2, news = '[]', changed_at = business_now() where connection_id = $1`,
    [connectionId, JSON.stringify(acceptShape(stored.known))],
  );
  return stored.news;
}

/** A vendor who changed everything does not fill a mail: the command shows the rest. */
const mostTold = 40;

/** The news that a run was the first to find, by name, and the system they are of. */
export async function newsFoundBy(
  tx: Transaction,
  run: RunRef,
): Promise<{ system: string; counts: Record<string, number> } | undefined> {
  const found = await tx.query<{ key: string; system: string }>(
    `select f.sync_key as key, a.system from finding f join connection c using (connection_id)
       join account a on a.account_id = c.source_account_id
      where f.connection_id = $1 and f.first_run = $2 and f.code = $3 and f.closed_run is null`,
    [run.connectionId, run.runId, shapeCode],
  );
  const [first] = found;
  if (first === undefined) return undefined;
  const { news = [] } = (await readShape(tx, run.connectionId)) ?? {};
  const keys = new Set(found.map(({ key }) => key));
  const told = news.filter((one) => keys.has(newsName(one))).slice(0, mostTold);
  return { system: first.system, counts: Object.fromEntries(told.map((one) => [newsName(one), one.answers])) };
}
