import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

const repository = join(import.meta.dirname, '..');

/** The passwords of the simulated school: nothing outside this machine knows them. */
export const demoSecrets = { alcuinPassword: 'timetable-demo', edusignApiKey: 'attendance-demo' };

/** The demo organisation's connection, as commands name it. */
export const demoConnection = 'demo/timetable';

/** Sets up the demo by the path a user takes: a configuration file, two secrets, go-live. */
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

accounts:
  alcuin:
    system: alcuin
    settings:
      url: ${urls.alcuin}
  edusign:
    system: edusign
    settings:
      url: ${urls.edusign}

connections:
  timetable:
    name: Timetable from Alcuin to Edusign
    source:
      account: alcuin
      options:
        nbDaysToGet: 14
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
