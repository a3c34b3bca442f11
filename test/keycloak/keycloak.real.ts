import { describe, inject } from 'vitest';
import { signInSuite } from './sign-in-suite.ts';

describe('a real Keycloak', () => {
  signInSuite(async () => ({ baseOf: () => inject('keycloakUrl') }));
});
