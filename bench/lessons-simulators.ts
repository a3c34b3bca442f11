import { parseArgs } from 'node:util';
import { startAlcuin } from '../simulators/alcuin/server.ts';
import { startEdusign } from '../simulators/edusign/server.ts';
import { Clock } from '../simulators/kit/clock.ts';

/*
 * Both simulated systems for the bench of lessons, in a process of their own so that their work is not taken for ours.
 * Alcuin's school lies in the folder; Edusign keeps nothing there: writing a large account to disk again and again would
 * hold up its answers.
 */

const { values } = parseArgs({
  options: {
    folder: { type: 'string' },
    now: { type: 'string' },
    normal: { type: 'string' },
    heavy: { type: 'string' },
  },
});
const clock = new Clock(values.now);
const alcuin = await startAlcuin({ clock, stateDir: values.folder, password: 'bench' });
const edusign = await startEdusign({
  clock,
  apiKey: 'bench',
  pace: { perMinute: Number(values.normal), heavyPerMinute: Number(values.heavy) },
});

const stop = () => Promise.all([alcuin.close(), edusign.close()]).then(() => process.exit(0));
process.on('SIGTERM', stop);
process.on('SIGINT', stop);
const address = ({ url, controlUrl }: typeof alcuin) => ({ url, control: controlUrl });
console.log(JSON.stringify({ ready: true, alcuin: address(alcuin), edusign: address(edusign) }));
