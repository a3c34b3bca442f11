import { parseArgs } from 'node:util';
import { z } from 'zod';
import { schoolNames } from './alcuin/schools/index.ts';
import { startAlcuin } from './alcuin/server.ts';
import { schoolNames as aurigaSchoolNames } from './auriga/schools/index.ts';
import { startAuriga } from './auriga/server.ts';
import { startEdusign } from './edusign/server.ts';
import { Clock } from './kit/clock.ts';
import { startForwardProxy } from './proxy/server.ts';

/* The outside systems as one process: they share a clock, nothing else. See README.md. */

const anyPort = z.coerce.number().int().min(0).max(65_535);
const port = anyPort.default(0);
const optionsShape = z.strictObject({
  'alcuin-port': port,
  'edusign-port': port,
  /** Absent: there is no Auriga. */
  'auriga-port': anyPort.optional(),
  'auriga-password': z.string().min(1).optional(),
  'auriga-client-secret': z.string().min(1).optional(),
  'auriga-school': z.enum(aurigaSchoolNames).optional(),
  /** Absent: there is no proxy. */
  'proxy-port': anyPort.optional(),
  'proxy-credentials': z.string().optional(),
  'alcuin-only-from-proxy': z.boolean().default(false),
  'alcuin-password': z.string().min(1).optional(),
  'edusign-key': z.string().min(1).optional(),
  state: z.string().min(1).optional(),
  school: z.enum(schoolNames).optional(),
  now: z.iso.datetime({ offset: true }).optional(),
});

const { values } = parseArgs({
  options: {
    'alcuin-port': { type: 'string' },
    'edusign-port': { type: 'string' },
    'auriga-port': { type: 'string' },
    'auriga-password': { type: 'string' },
    'auriga-client-secret': { type: 'string' },
    'auriga-school': { type: 'string' },
    'proxy-port': { type: 'string' },
    'proxy-credentials': { type: 'string' },
    'alcuin-only-from-proxy': { type: 'boolean' },
    'alcuin-password': { type: 'string' },
    'edusign-key': { type: 'string' },
    state: { type: 'string' },
    school: { type: 'string' },
    now: { type: 'string' },
  },
});
const read = optionsShape.safeParse(values);
if (!read.success) {
  console.error(z.prettifyError(read.error));
  process.exit(2);
}
const options = read.data;

const clock = new Clock(options.now);
const proxy =
  options['proxy-port'] === undefined
    ? undefined
    : await startForwardProxy({ port: options['proxy-port'], credentials: options['proxy-credentials'] });
const common = { clock, stateDir: options.state, exits: proxy?.exits };
const alcuin = await startAlcuin({
  ...common,
  port: options['alcuin-port'],
  password: options['alcuin-password'],
  school: options.school,
  onlyFromProxy: options['alcuin-only-from-proxy'],
});
const edusign = await startEdusign({
  ...common,
  port: options['edusign-port'],
  apiKey: options['edusign-key'],
});
const auriga =
  options['auriga-port'] === undefined
    ? undefined
    : await startAuriga({
        ...common,
        port: options['auriga-port'],
        password: options['auriga-password'],
        clientSecret: options['auriga-client-secret'],
        school: options['auriga-school'],
      });

let stopping = false;
async function stop(): Promise<void> {
  if (stopping) return;
  stopping = true;
  await Promise.all([alcuin.close(), edusign.close(), auriga?.close(), proxy?.close()]);
  process.exit(0);
}
process.on('SIGTERM', stop);
process.on('SIGINT', stop);

console.log(
  JSON.stringify({
    ready: true,
    alcuin: { url: alcuin.url, control: alcuin.controlUrl },
    edusign: { url: edusign.url, control: edusign.controlUrl },
    ...(auriga === undefined
      ? {}
      : { auriga: { url: auriga.url, keycloakUrl: auriga.keycloakUrl, control: auriga.controlUrl } }),
    ...(proxy === undefined ? {} : { proxy: { url: proxy.url, control: proxy.controlUrl } }),
  }),
);
