import { z } from 'zod';

/**
 * What an administrator sets in Keycloak, by the names of its own realm file where it has them. Only what a sign-in by user
 * name and password meets.
 */
const clientShape = z.strictObject({
  clientId: z.string().min(1),
  secret: z.string().min(1),
  enabled: z.boolean().default(true),
  directAccessGrantsEnabled: z.boolean().default(true),
  consentRequired: z.boolean().default(false),
});
const userShape = z.strictObject({
  username: z.string().min(1),
  password: z.string().min(1),
  enabled: z.boolean().default(true),
  /** A temporary password or another pending action. */
  requiredActions: z.array(z.string()).default([]),
});

export const realmShape = z.strictObject({
  realm: z.string().min(1),
  enabled: z.boolean().default(true),
  /** Where realms are: `''` since version 17, `/auth` before, and wherever it was kept. */
  prefix: z.enum(['', '/auth']).default(''),
  /** Seconds. Tokens as short as a minute are seen on live Aurigas. */
  accessTokenLifespan: z.number().int().min(1).default(300),
  ssoSessionIdleTimeout: z.number().int().min(1).default(1_800),
  /** Each refresh token works `refreshTokenMaxReuse` + 1 times; used once more, the session dies. */
  revokeRefreshToken: z.boolean().default(false),
  refreshTokenMaxReuse: z.number().int().min(0).default(0),
  /** Off: answers carry no refresh token at all. */
  useRefreshTokens: z.boolean().default(true),
  /** 401 up to 26.5, 400 from 26.6. */
  badPasswordStatus: z.union([z.literal(400), z.literal(401)]).default(401),
  /** Plain http is refused. */
  sslRequired: z.boolean().default(false),
  clients: z.array(clientShape),
  users: z.array(userShape),
});
export type Realm = z.infer<typeof realmShape>;
/** As it is given: what is usual may be left out. */
export type GivenRealm = z.input<typeof realmShape>;
export type Client = Realm['clients'][number];
export type User = Realm['users'][number];

/** What may be changed while it runs. */
export const realmPatch = z.strictObject({
  ...realmShape.omit({ realm: true }).partial().shape,
});
