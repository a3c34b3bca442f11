import { buildTemporalServer } from '../../local/temporal-build.ts';

/**
 * The Temporal server as production runs it, and its schema tool: from the cache, or built with Go, once, in about six minutes.
 * Without both the tests that need them are left out, with the reason; where CI is set that is an error.
 */
export const temporalServer = await buildTemporalServer({
  env: process.env,
  say: (line) => process.stderr.write(`Temporal: ${line}\n`),
}).catch((error: Error) => {
  if (process.env['CI']) throw error;
  process.stderr.write(`Tests of production are left out. The Temporal server cannot be built: ${error.message}\n`);
  return undefined;
});
