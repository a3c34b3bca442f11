import { type ChangeKind, type Operation, removes } from './changes.ts';

/** One cell of a plan: how many changes of a kind and operation one school would get. */
export interface PlanCell {
  readonly kind: ChangeKind;
  readonly operation: Operation;
  readonly school: string;
  readonly count: number;
  /** How many of that kind the live mirror holds for the school: what the percentage is taken of. */
  readonly base: number;
}

/** A cell is over its limit when its count exceeds both `percent` of the base and `floor`. */
export interface Limit {
  readonly percent: number;
  readonly floor: number;
}

/** Limits by operation; an operation without one is not limited. */
export type OperationLimits = Partial<Record<Operation, Limit>>;

/** Limits that a school wants for a kind; what it does not name has the default. */
export type Limits = Partial<Record<ChangeKind, OperationLimits>>;

/** The limit of a cell. */
export type LimitOf = (kind: ChangeKind, operation: Operation) => Limit | undefined;

/** Fits a school: a normal day never reaches them, a half-empty export always does. */
export const defaultLimits: OperationLimits = {
  delete: { percent: 20, floor: 15 },
  archive: { percent: 10, floor: 10 },
  update: { percent: 50, floor: 50 },
  rekey: { percent: 10, floor: 10 },
};

/** After a planned pause: a summer changes more than a day does, and an emptied source still more than a summer. */
export const limitsOfReturn: OperationLimits = {
  delete: { percent: 50, floor: 50 },
  archive: { percent: 50, floor: 50 },
  update: { percent: 90, floor: 100 },
  rekey: { percent: 30, floor: 30 },
};

/**
 * The limits of a connection: what the school wants, else the default; never more than the operator's bounds let pass.
 */
export function limitsWithin(own: Limits, bounds: OperationLimits, defaults: OperationLimits = defaultLimits): LimitOf {
  return (kind, operation) => {
    const limit = own[kind]?.[operation] ?? defaults[operation];
    const bound = bounds[operation];
    if (limit === undefined || bound === undefined) return limit ?? bound;
    return { percent: Math.min(limit.percent, bound.percent), floor: Math.min(limit.floor, bound.floor) };
  };
}

/** Why a cell is held. */
export const holdReasons = ['OVER_LIMIT', 'SOURCE_EMPTY', 'SOURCE_SHRANK', 'ROWS_UNREADABLE', 'CANARY'] as const;
export type HoldReason = (typeof holdReasons)[number];

export interface HeldCell extends PlanCell {
  readonly reason: HoldReason;
}

/** How much a source said this time against what the mirror knows of the same scope. */
export interface SourceSize {
  readonly seen: number;
  readonly known: number;
  /**
   * Rows without a readable key, by the kind of change they cast doubt on: each may be the record that seems to be absent.
   * A person without a key may be a learner who seems to have left a roster.
   */
  readonly unreadable?: Partial<Record<ChangeKind, number>>;
}

/** A source that says less than half of what is known shrank sharply; below ten known records only emptiness is told apart. */
const sharply = { fraction: 0.5, floor: 10 };

/** Whether a source is suspiciously small, by the house's rule that an empty or shrunken source removes nothing. */
export function suspicionOf(size: SourceSize): 'SOURCE_EMPTY' | 'SOURCE_SHRANK' | undefined {
  if (size.known > 0 && size.seen === 0) return 'SOURCE_EMPTY';
  if (size.known >= sharply.floor && size.seen < size.known * sharply.fraction) return 'SOURCE_SHRANK';
  return undefined;
}

/** The cells of a plan that wait for a person; the rest goes on in the same run. */
export function safetyFilter(cells: readonly PlanCell[], limitOf: LimitOf, size: SourceSize): HeldCell[] {
  const suspicion = suspicionOf(size);
  return cells.flatMap((cell): HeldCell[] => {
    if (cell.count === 0) return [];
    if (suspicion !== undefined && removes(cell.operation)) return [{ ...cell, reason: suspicion }];
    if ((size.unreadable?.[cell.kind] ?? 0) > 0 && removes(cell.operation))
      return [{ ...cell, reason: 'ROWS_UNREADABLE' }];
    const limit = limitOf(cell.kind, cell.operation);
    if (limit === undefined) return [];
    const over = cell.count > limit.floor && cell.count > (cell.base * limit.percent) / 100;
    return over ? [{ ...cell, reason: 'OVER_LIMIT' }] : [];
  });
}
