import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { temporalCache } from '../../local/cache-folder.ts';

/**
 * The promtool of Prometheus: of PROMTOOL, else on the PATH, else where `.ci/install-promtool` puts it. Undefined where there is
 * none; a build server must have it.
 */
export function findPromtool(): string | undefined {
  const named = process.env['PROMTOOL'];
  const onPath = (process.env['PATH'] ?? '').split(delimiter).map((folder) => join(folder, 'promtool'));
  const cached = join(temporalCache(process.env).folder, '..', 'promtool');
  return [...(named ? [named] : []), ...onPath, cached].find(existsSync);
}
