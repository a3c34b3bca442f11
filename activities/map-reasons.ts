import type { Source, SourceReason, TargetReason } from '../roster/contracts.ts';
import { mergeReasons, type Reason } from '../roster/reasons.ts';
import type { Connection } from '../store/connections.ts';
import type { Transaction } from '../store/database.ts';
import { mapLines, readReasons, reasonsOfLines, saveReasons } from '../store/reasons.ts';
import { type Attempt, guard } from '../store/steps.ts';
import { type Opening, openSource, openTarget } from './open-systems.ts';
import type { Services } from './services.ts';

/** Whether reasons go to this source as codes of its own, which a person must confirm. */
export function takesCodes(source: Source): boolean {
  return source.attendance !== undefined && (source.reasons !== undefined || source.attendance.typedReasons === true);
}

/** Both catalogues, as far as there are any. */
export interface Catalogues {
  readonly target?: readonly TargetReason[];
  readonly source?: readonly SourceReason[];
}

/** Asks both systems for their reasons; undefined where the source takes none as codes. */
export async function readCatalogues(
  services: Opening,
  connection: Connection,
  signal: AbortSignal,
): Promise<Catalogues | undefined> {
  const source = await openSource(services, connection, { signal });
  if (!takesCodes(source)) return undefined;
  const target = await openTarget(services, connection, { signal });
  const [ofSource, ofTarget] = [await source.reasons?.(), await target.reasons?.()];
  return {
    ...(ofSource === undefined ? {} : { source: ofSource }),
    ...(ofTarget === undefined ? {} : { target: ofTarget }),
  };
}

/** How the reasons stand after what both systems and the configuration say; nothing is written. */
export async function mergedReasons(
  tx: Transaction,
  services: Pick<Services, 'systems'>,
  connection: Connection,
  { target, source }: Catalogues,
): Promise<Reason[]> {
  return mergeReasons({
    known: await readReasons(tx, connection.connectionId),
    target: target ?? (await reasonsOfLines(tx, connection.connectionId)),
    complete: target !== undefined,
    ...(source === undefined ? {} : { source }),
    configured: services.systems.get(connection.source.system)?.reasonsIn?.(connection.sourceOptions) ?? {},
  });
}

/** Reads both catalogues and keeps how the reasons stand. */
export async function learnReasons(
  services: Opening,
  connection: Connection,
  signal: AbortSignal,
): Promise<Catalogues> {
  const catalogues = await readCatalogues(services, connection, signal);
  if (catalogues === undefined) return {};
  await services.db.organisation(connection.organisationId, async (tx) => {
    await saveReasons(tx, connection, await mergedReasons(tx, services, connection, catalogues));
  });
  return catalogues;
}

/**
 * Gives every attendance line the reason it goes with. Reasons that only marks have named so far become known; no catalogue
 * is asked, so that nothing but a person or the configuration decides during a run.
 */
export async function mapReasons(services: Services, attempt: Attempt, connection: Connection): Promise<void> {
  await services.db.organisation(connection.organisationId, async (tx) => {
    await saveReasons(tx, connection, await mergedReasons(tx, services, connection, {}));
    await mapLines(tx, attempt);
    await guard(tx, attempt);
  });
}
