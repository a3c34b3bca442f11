import { afterAll, describe } from 'vitest';
import { type AurigaRunning, startAuriga } from '../../../simulators/auriga/server.ts';
import { realms, secrets } from '../../keycloak/realms.ts';
import { signInSuite } from '../../keycloak/sign-in-suite.ts';

/* The same file runs against a real Keycloak: npm run test:keycloak. */

describe.each(['', '/auth'] as const)('the simulated Keycloak with the prefix "%s"', (prefix) => {
  const servers = new Map<string, AurigaRunning>();
  afterAll(() => Promise.all([...servers.values()].map((server) => server.close())));
  signInSuite(async () => {
    for (const { users, clients, ...realm } of Object.values(realms)) {
      const usual = {
        ...realm,
        prefix,
        clients: clients.map((client) => ({ secret: secrets.client, ...client })),
        users: users.map(({ requiredActions = [], ...user }) => ({
          password: secrets.password,
          requiredActions: [...requiredActions],
          ...user,
        })),
      };
      servers.set(realm.realm, await startAuriga({ realm: usual }));
    }
    return { baseOf: (realm) => servers.get(realm)?.keycloakUrl ?? '' };
  });
});
