import type { TargetChange, TargetOutcome } from '../../roster/contracts.ts';

export function applied(targetId: string): TargetOutcome {
  return { state: 'applied', targetId };
}

/** It is ours from now on, and stays as it is. */
export function leftAsItIs(targetId: string): TargetOutcome {
  return { state: 'applied', targetId, leftAsItIs: true };
}

export function rejected(message: string): TargetOutcome {
  return { state: 'rejected', message };
}

export function stale(message: string): TargetOutcome {
  return { state: 'stale', message };
}

export function gone(message: string): TargetOutcome {
  return { state: 'gone', message };
}

/** A refusal in Edusign's own words; some of its errors have none. */
export function refused(message: string): TargetOutcome {
  return rejected(message === '' ? 'Edusign refused it without a word.' : `Edusign says: ${message}`);
}

export function notCovered(what: string): TargetOutcome {
  return rejected(`Rollcall cannot write ${what} to Edusign yet.`);
}

/** The object a change is about; without an id a path would name a whole list. */
export function targetIdOf(change: TargetChange): string {
  if (change.targetId === undefined || change.targetId === '') {
    throw new Error(`A change of operation "${change.operation}" came without a target id.`);
  }
  return change.targetId;
}
