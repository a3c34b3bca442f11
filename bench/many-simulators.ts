import { parseArgs } from 'node:util';
import { startAlcuin } from '../simulators/alcuin/server.ts';
import { startEdusign } from '../simulators/edusign/server.ts';
import { Clock } from '../simulators/kit/clock.ts';

/*
 * The outside systems for the bench of many connections, in a process of their own so that their work is not taken for ours:
 * one school at Alcuin, which every connection reads, and an Edusign account for each of them.
 */

const { values } = parseArgs({ options: { now: { type: 'string' }, accounts: { type: 'string' } } });
const clock = new Clock(values.now);
const pace = { perMinute: null, heavyPerMinute: null };
const alcuin = await startAlcuin({ clock, password: 'bench', school: 'small-class' });
const edusigns: Awaited<ReturnType<typeof startEdusign>>[] = [];
for (let number = 0; number < Number(values.accounts); number += 1) {
  edusigns.push(await startEdusign({ clock, apiKey: 'bench', pace }));
}

const stop = () => Promise.all([alcuin, ...edusigns].map((one) => one.close())).then(() => process.exit(0));
process.on('SIGTERM', stop);
process.on('SIGINT', stop);
console.log(JSON.stringify({ ready: true, alcuin: alcuin.url, edusigns: edusigns.map(({ url }) => url) }));
