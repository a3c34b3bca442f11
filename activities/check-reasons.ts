import type { Check } from '../roster/contracts.ts';
import type { Reason } from '../roster/reasons.ts';
import type { Connection } from '../store/connections.ts';
import { isUnmappedInUse, type ReasonRow, readDefaultReason, readReasons } from '../store/reasons.ts';
import { mergedReasons, readCatalogues } from './map-reasons.ts';
import type { Opening } from './open-systems.ts';

const subject = 'reasons mapped';

/** Whether the target's reasons of absence are mapped to reasons of the source, as both say now. Keeps nothing. */
export async function* checkReasons(
  services: Opening,
  connection: Connection,
  signal: AbortSignal,
): AsyncGenerator<Check> {
  const catalogues = await readCatalogues(services, connection, signal);
  if (catalogues === undefined) return;
  const { connectionId, organisationId } = connection;
  const { reasons, known, hasDefault } = await services.db.organisation(organisationId, async (tx) => ({
    reasons: await mergedReasons(tx, services, connection, catalogues),
    known: await readReasons(tx, connectionId),
    hasDefault: (await readDefaultReason(tx, connectionId)) !== undefined,
  }));
  yield reasonsLine(withLines(reasons, known), hasDefault, `${connection.organisationCode}/${connection.code}`);
}

type Counted = Reason & Pick<ReasonRow, 'lines'>;

function withLines(reasons: readonly Reason[], known: readonly ReasonRow[]): Counted[] {
  const lines = new Map(known.map((row) => [row.reasonId, row.lines]));
  return reasons.map((reason) => ({ ...reason, lines: lines.get(reason.reasonId) ?? 0 }));
}

function reasonsLine(reasons: readonly Counted[], hasDefault: boolean, name: string): Check {
  const open = reasons.filter(({ state }) => state !== 'confirmed');
  const proposed = open.filter(({ state }) => state === 'proposed').length;
  const inUse = open.filter(isUnmappedInUse).length;
  const counts = `${reasons.length - open.length} of ${reasons.length} confirmed, ${proposed} proposed, ${inUse} in use and not confirmed`;
  if (open.length === 0) return { subject, state: 'ok', detail: `${counts}.` };
  const next = `Look, and confirm or choose: rollcall reasons ${name}`;
  if (hasDefault) {
    const detail = `${counts}. What is not confirmed goes as the default.`;
    return proposed === 0 ? { subject, state: 'ok', detail } : { subject, state: 'warning', detail, next };
  }
  const detail = `${counts}. Absences for a reason that is not confirmed wait.`;
  return { subject, state: inUse > 0 ? 'failed' : 'warning', detail, next };
}
