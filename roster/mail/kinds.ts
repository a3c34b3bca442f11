/** What people are told of. */
export const messageKinds = [
  'started',
  'completed',
  'failed',
  'held',
  'decided',
  'approval-expired',
  'paused',
  'silence',
  'shape',
  'test',
] as const;
export type MessageKind = (typeof messageKinds)[number];

/** What can be subscribed to. */
export const subscriptionKinds = ['started', 'completed', 'failed', 'held', 'paused', 'silence'] as const;
export type SubscriptionKind = (typeof subscriptionKinds)[number];

/** What a subscriber gets who names no kinds: whatever somebody must act on. */
export const usualKinds: readonly SubscriptionKind[] = ['failed', 'held', 'paused', 'silence'];

/** The subscription under which a message goes out; a test goes to everybody. */
export function subscriptionOf(kind: MessageKind): SubscriptionKind | 'everybody' {
  switch (kind) {
    case 'decided':
    case 'approval-expired':
      return 'held';
    case 'shape':
      return 'failed';
    case 'test':
      return 'everybody';
    default:
      return kind;
  }
}

/** Whether a message goes out at once, also to those who want one mail a day: things stand still until somebody acts. */
export function cannotWait(kind: MessageKind, detail: Readonly<Record<string, unknown>>): boolean {
  if (kind === 'failed') return detail['code'] === 'SOURCE_AUTH_REFUSED' || detail['code'] === 'TARGET_AUTH_REFUSED';
  return kind === 'held' || kind === 'silence' || kind === 'test';
}

/** Whom to ask about a connection. */
export interface Contact {
  readonly department?: ContactPerson | undefined;
  readonly vendor?: ContactPerson | undefined;
}

export interface ContactPerson {
  readonly name: string;
  readonly mail?: string | undefined;
}

/** Subjects of our own, or the literal ones of an import that customers' mail rules know. */
export const mailSubjects = ['rollcall', 'import'] as const;
export type MailSubjects = (typeof mailSubjects)[number];
