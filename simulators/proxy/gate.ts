import { z } from 'zod';

export const gateShape = z.strictObject({
  /** `user:password` that clients must give; null lets everybody in. */
  credentials: z
    .string()
    .regex(/^[^:]+:.+$/, 'is user:password')
    .nullable(),
  /** Refuses everything: by a status, or by closing the connection without a word. null: does not. */
  refuse: z.union([z.number().int().min(400).max(599), z.literal('cut')]).nullable(),
});
export type GateSettings = z.infer<typeof gateShape>;

/** Why a client is not let through. */
export type Turned = { readonly status: number; readonly ended: 'refused' | 'unauthorised' } | 'cut';

/** The user that a `Proxy-Authorization` header names; null when there is none that can be read. */
export function userOf(header: string | undefined): string | null {
  return decoded(header)?.split(':')[0] ?? null;
}

/** Whether the client is turned away; undefined lets it through. */
export function turned(settings: GateSettings, header: string | undefined): Turned | undefined {
  if (settings.refuse === 'cut') return 'cut';
  if (settings.refuse !== null) return { status: settings.refuse, ended: 'refused' };
  if (settings.credentials !== null && decoded(header) !== settings.credentials) {
    return { status: 407, ended: 'unauthorised' };
  }
  return undefined;
}

function decoded(header: string | undefined): string | undefined {
  const [scheme, value] = (header ?? '').split(' ');
  if (scheme?.toLowerCase() !== 'basic' || value === undefined) return undefined;
  return Buffer.from(value, 'base64').toString('utf8');
}
