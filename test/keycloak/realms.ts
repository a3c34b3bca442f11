/*
 * The realms of the sign-in tests, by the names of Keycloak's own realm file: what they have in common with the simulator is
 * what is tried.
 */

export const secrets = { client: 'client-secret-7', password: 'pass word+42&é' } as const;

interface TestUser {
  readonly username: string;
  readonly enabled?: false;
  readonly requiredActions?: readonly string[];
}

interface TestClient {
  readonly clientId: string;
  readonly directAccessGrantsEnabled?: false;
  readonly consentRequired?: true;
}

export interface TestRealm {
  readonly realm: string;
  readonly enabled: boolean;
  readonly accessTokenLifespan: number;
  readonly ssoSessionIdleTimeout: number;
  readonly revokeRefreshToken: boolean;
  readonly clients: readonly TestClient[];
  readonly users: readonly TestUser[];
}

const clients: TestClient[] = [
  { clientId: 'edusign' },
  { clientId: 'other' },
  { clientId: 'no-grants', directAccessGrantsEnabled: false },
  { clientId: 'asks-consent', consentRequired: true },
];
const users: TestUser[] = [
  { username: 'svc' },
  { username: 'disabled', enabled: false },
  { username: 'half', requiredActions: ['UPDATE_PASSWORD'] },
];
const usual = { enabled: true, accessTokenLifespan: 60, ssoSessionIdleTimeout: 1_800, revokeRefreshToken: false };

export const realms = {
  school: { ...usual, realm: 'school', clients, users },
  rotating: { ...usual, realm: 'rotating', revokeRefreshToken: true, clients, users },
  /** Its refresh tokens live two seconds. */
  brief: { ...usual, realm: 'brief', ssoSessionIdleTimeout: 2, accessTokenLifespan: 1, clients, users },
  closed: { ...usual, realm: 'closed', enabled: false, clients, users },
} as const satisfies Record<string, TestRealm>;

/** The smallest file from which Keycloak makes a realm. */
export function realmFile({ clients, users, ...realm }: TestRealm): object {
  return {
    ...realm,
    sslRequired: 'none',
    refreshTokenMaxReuse: 0,
    ssoSessionMaxLifespan: 36_000,
    clients: clients.map((client) => ({
      enabled: true,
      protocol: 'openid-connect',
      publicClient: false,
      clientAuthenticatorType: 'client-secret',
      secret: secrets.client,
      directAccessGrantsEnabled: true,
      standardFlowEnabled: false,
      serviceAccountsEnabled: false,
      ...client,
    })),
    users: users.map(({ username, ...user }) => ({
      username,
      enabled: true,
      email: `${username}@school.example`,
      emailVerified: true,
      // Without a name, Keycloak takes an account for one that is not fully set up.
      firstName: 'Service',
      lastName: 'Account',
      credentials: [{ type: 'password', value: secrets.password, temporary: false }],
      requiredActions: [],
      ...user,
    })),
  };
}
