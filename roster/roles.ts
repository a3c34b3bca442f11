/** Who people are: they run Rollcall, help schools, decide for a school, or only look. */
export const roles = ['operator', 'support', 'admin', 'viewer'] as const;
export type Role = (typeof roles)[number];

/**
 * Who may do what, in one place. Everybody may look; support also starts and retries what is safe; an admin decides for
 * the school; only operators touch what concerns every organisation.
 */
export const allowed = {
  look: ['viewer', 'support', 'admin', 'operator'],
  find: ['viewer', 'support', 'admin', 'operator'],
  why: ['viewer', 'support', 'admin', 'operator'],
  check: ['support', 'admin', 'operator'],
  trial: ['support', 'admin', 'operator'],
  preview: ['support', 'admin', 'operator'],
  sync: ['support', 'admin', 'operator'],
  retry: ['support', 'admin', 'operator'],
  'skip-step': ['support', 'operator'],
  reconcile: ['support', 'admin', 'operator'],
  bundle: ['support', 'operator'],
  'shape-accept': ['support', 'operator'],
  'messages-test': ['support', 'admin', 'operator'],
  'messages-resend': ['support', 'admin', 'operator'],
  reasons: ['support', 'admin', 'operator'],
  'reasons-set': ['admin', 'operator'],
  pause: ['support', 'admin', 'operator'],
  resume: ['support', 'admin', 'operator'],
  'match-decide': ['admin', 'operator'],
  'go-live': ['admin', 'operator'],
  remove: ['admin', 'operator'],
  approve: ['admin', 'operator'],
  reject: ['admin', 'operator'],
  'config-apply': ['admin', 'operator'],
  'secret-set': ['admin', 'operator'],
  'protected-identities': ['admin', 'operator'],
  'sync-same-day': ['admin', 'operator'],
  relink: ['operator'],
  'keys-rotate': ['operator'],
  stop: ['operator'],
  go: ['operator'],
  clock: ['operator'],
  token: ['operator'],
  'payloads-decode': ['support', 'operator'],
  'payloads-encode': ['operator'],
} as const satisfies Readonly<Record<string, readonly Role[]>>;

/** Everything a person can ask for. */
export type Action = keyof typeof allowed;

export function mayDo(role: Role, action: Action): boolean {
  return (allowed[action] as readonly Role[]).includes(role);
}
