import { defineConfig } from 'vitest/config';

/** The sign-in tests against a real Keycloak: `npm run test:keycloak`. `npm test` runs the same ones on the simulator. */
export default defineConfig({
  test: {
    include: ['test/keycloak/**/*.real.ts'],
    globalSetup: ['test/keycloak/set-up.ts'],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    reporters: process.env['CI'] ? ['default', './test/support/closing-line.ts'] : ['default'],
  },
});
