export const triggers = ['person', 'schedule', 'follow-up', 'retry', 'approval', 'sweep', 'pause-end'] as const;
/** Who or what asked for a run. */
export type Trigger = (typeof triggers)[number];

/** Nobody asked for these and nobody watches them. */
export function isUnattended(trigger: Trigger): boolean {
  return trigger === 'schedule' || trigger === 'sweep' || trigger === 'pause-end';
}

/**
 * Whose turn comes first where tasks wait for workers: what a person waits for goes before what nobody watches, and within
 * each the organisations take turns, whatever the length of their queues. In the words of Temporal's task queues.
 */
export function turnOf(organisationId: string, trigger: Trigger): { priorityKey: number; fairnessKey: string } {
  return { priorityKey: isUnattended(trigger) ? 4 : 2, fairnessKey: organisationId };
}
