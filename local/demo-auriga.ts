import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { demoPace, rollcall } from './demo.ts';

/** The second demo organisation: another school, with Auriga behind its single sign-on. */
export const aurigaConnection = 'aurore/timetable';

/** What its simulated systems ask for: nothing outside this machine knows it. */
export const aurigaSecrets = {
  clientSecret: 'client-demo',
  password: 'account-demo',
  edusignApiKey: 'attendance-aurore',
};

export interface AurigaUrls {
  readonly auriga: string;
  readonly keycloak: string;
  readonly edusign: string;
}

/** Sets it up by the path a user takes: a configuration file, three secrets, a trial, go-live. */
export async function setUpAurigaDemo(home: string, urls: AurigaUrls, env: NodeJS.ProcessEnv): Promise<void> {
  const file = join(home, 'demo-auriga.yaml');
  writeFileSync(file, configurationFile(urls));
  await must(['config', 'apply', file], env);
  await must(['secret', 'set', 'aurore/auriga', 'clientSecret'], env, aurigaSecrets.clientSecret);
  await must(['secret', 'set', 'aurore/auriga', 'password'], env, aurigaSecrets.password);
  await must(['secret', 'set', 'aurore/edusign', 'apiKey'], env, aurigaSecrets.edusignApiKey);
  await must(['trial', aurigaConnection], env);
  await must(['go-live', aurigaConnection, '--reason', 'The demo has no school to ask.'], env);
}

async function must(command: readonly string[], env: NodeJS.ProcessEnv, input?: string): Promise<void> {
  const status = await rollcall(command, env, input === undefined ? {} : { input });
  if (status !== 0) throw new Error(`"rollcall ${command.join(' ')}" ended with status ${status}.`);
}

function configurationFile({ auriga, keycloak, edusign }: AurigaUrls): string {
  return `# The second demo organisation of "rollcall start": a simulated Auriga, behind a simulated Keycloak, feeding another
# simulated Edusign.
organisation:
  code: aurore
  name: École Aurore
  timeZone: Europe/Paris
  subscribers:
    - mail: admin@aurore.example
      role: admin
      kinds: [failed, held, paused, silence]

accounts:
  auriga:
    system: auriga
    settings:
      url: ${auriga}
      keycloakUrl: ${keycloak}
      realm: npecole
      clientId: edusign
      username: svc-edusign
  edusign:
    system: edusign
    settings:
      url: ${edusign}
    requestsPerMinute:
      normal: ${demoPace.perMinute}
      heavy: ${demoPace.heavyPerMinute}

connections:
  timetable:
    name: Timetable from Auriga to Edusign
    source:
      account: auriga
      options:
        interventionsDetailFavoriteQueryId: 945
        GroupesDetailFavoriteQueryId: 1198
        motifs:
          Arrêt maladie: 41
    target:
      account: edusign
`;
}
