import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import axios from 'axios';
import { DateTime } from 'luxon';

const repository = join(import.meta.dirname, '..');

/** The passwords of the simulated school: nothing outside this machine knows them. */
export const demoSecrets = { alcuinPassword: 'timetable-demo', edusignApiKey: 'attendance-demo' };

/** The demo organisation's connection, as commands name it. */
export const demoConnection = 'demo/timetable';

/** Twenty times the documented rate of Edusign. */
export const demoPace = { perMinute: 9_600, heavyPerMinute: 480 };

const demoZone = 'Europe/Paris';

/** Where the simulated systems are changed from outside. */
export interface Controls {
  readonly alcuin: string;
  readonly edusign: string;
}

/** The morning of the last school day before today: the demo begins there, so that a day has passed when it is over. */
export function demoMorning(now: Date): string {
  let day = DateTime.fromJSDate(now, { zone: demoZone }).startOf('day').minus({ days: 1 });
  while (day.weekday > 5) day = day.minus({ days: 1 });
  return day.set({ hour: 6, minute: 30 }).toUTC().toISO() ?? '';
}

/** Business time here and at the simulated systems; undefined is real time. */
export async function setDemoClock(
  instant: string | undefined,
  { alcuin }: Controls,
  env: NodeJS.ProcessEnv,
): Promise<void> {
  // Both simulators share one clock.
  await axios.post(`${alcuin}/clock`, instant === undefined ? { reset: true } : { now: instant });
  await must(instant === undefined ? ['clock', 'reset'] : ['clock', 'set', instant], env, {});
}

/** Raises the rate at which the simulated Edusign slows down to the one the demo's account has. */
export async function raiseDemoPace({ edusign }: Controls): Promise<void> {
  await axios.patch(`${edusign}/pace`, demoPace);
}

/** Everybody attends, or not, the lessons of that morning's day; professors sign, some sheets are locked. */
export async function letDemoDayPass(morning: string, { edusign }: Controls): Promise<number> {
  const date = DateTime.fromISO(morning, { zone: demoZone }).toISODate();
  const { data } = await axios.post<{ result: { courses: unknown[] } }>(`${edusign}/school`, {
    edit: 'let-day-pass',
    date,
  });
  return data.result.courses.length;
}

/** Sets up the demo by the path a user takes: a configuration file, two secrets, a trial, go-live. */
export async function setUpDemo(
  home: string,
  urls: { alcuin: string; edusign: string },
  env: NodeJS.ProcessEnv,
): Promise<void> {
  const file = join(home, 'demo.yaml');
  writeFileSync(file, configurationFile(urls));
  await must(['config', 'apply', file], env, { quiet: false });
  await must(['secret', 'set', 'demo/alcuin', 'password'], env, { input: demoSecrets.alcuinPassword });
  await must(['secret', 'set', 'demo/edusign', 'apiKey'], env, { input: demoSecrets.edusignApiKey });
  await must(['trial', demoConnection], env, {});
  await must(['go-live', demoConnection, '--reason', 'The demo has no school to ask.'], env, { quiet: false });
}

async function must(...command: Parameters<typeof rollcall>): Promise<void> {
  const status = await rollcall(...command);
  if (status !== 0) throw new Error(`"rollcall ${command[0].join(' ')}" ended with status ${status}.`);
}

function configurationFile(urls: { alcuin: string; edusign: string }): string {
  return `# The demo organisation of "rollcall start": a simulated Alcuin feeding a simulated Edusign.
organisation:
  code: demo
  name: Lycée de démonstration
  timeZone: Europe/Paris
  # "rollcall start" catches mails on this machine: they go nowhere.
  subscribers:
    - mail: admin@demo.example
      role: admin
      kinds: [completed, failed, held, paused, silence]
    - mail: direction@demo.example
      kinds: [completed, failed, held]
      language: fr

accounts:
  alcuin:
    system: alcuin
    settings:
      url: ${urls.alcuin}
    requestsPerMinute:
      normal: 2400
  edusign:
    system: edusign
    settings:
      url: ${urls.edusign}
    # Twenty times what Edusign documents, here and at the simulator, so that the first sync takes seconds. At the
    # documented rate its writes take about six minutes.
    requestsPerMinute:
      normal: ${demoPace.perMinute}
      heavy: ${demoPace.heavyPerMinute}

connections:
  timetable:
    name: Timetable from Alcuin to Edusign
    contact:
      department: { name: Service informatique, mail: informatique@demo.example }
      vendor: { name: Alcuin support }
    source:
      account: alcuin
      options:
        nbDaysToGet: 14
        groups: true
        annuaireIdInitialStudents: 11
        annuaireIdContinuousStudents: 12
        annuaireIdProfessors: 13
        annuaireIdStudentsGroups: 14
        # Edusign's reasons of absence, and what each goes as: see "rollcall reasons demo/timetable".
        motifs:
          Arrêt maladie: MAL
          Décès d'un proche: FAM
          Obsèques: FAM
          Rendez-vous médical: MED
          Entretien d'embauche: ENT
          En entreprise: ENT
          Autre: AUT
    target:
      account: edusign
`;
}

/** Runs a command of ours as a user would, and gives its exit status. A quiet one shows its output only when it failed. */
export function rollcall(
  args: readonly string[],
  env: NodeJS.ProcessEnv,
  options: { input?: string; quiet?: boolean } = {},
): Promise<number> {
  const quiet = options.quiet ?? true;
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [join(repository, 'bin', 'rollcall.js'), ...args], {
      cwd: repository,
      env,
      stdio: [options.input === undefined ? 'ignore' : 'pipe', quiet ? 'pipe' : 'inherit', quiet ? 'pipe' : 'inherit'],
    });
    let output = '';
    child.stdout?.on('data', (data: Buffer) => {
      output += data.toString();
    });
    child.stderr?.on('data', (data: Buffer) => {
      output += data.toString();
    });
    child.stdin?.end(options.input);
    child.once('error', reject);
    child.once('exit', (code) => {
      if (quiet && code !== 0) process.stderr.write(output);
      resolve(code ?? 1);
    });
  });
}
