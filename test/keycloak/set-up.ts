import type { TestProject } from 'vitest/node';
import { startKeycloak } from './server.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    /** Where the realms of a real Keycloak are. */
    keycloakUrl: string;
  }
}

/** One Keycloak for the whole test run. */
export default async function setUp(project: TestProject): Promise<() => Promise<void>> {
  const keycloak = await startKeycloak(process.env, (line) => process.stderr.write(`Keycloak: ${line}\n`));
  project.provide('keycloakUrl', keycloak.url);
  return keycloak.stop;
}
