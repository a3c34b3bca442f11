import { createLog } from './log.ts';
import { readMasterKeys, readSettings } from './settings.ts';
import { runWorker } from './worker.ts';

const log = createLog('worker');

// Whoever runs workers kills them 30 s after they were told to end. What has not ended by then, such as a statement that
// PostgreSQL does not come back from, is cut: Temporal misses its heartbeat after ten seconds, and another worker takes it up.
const longestEndMs = 25_000;
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    setTimeout(() => {
      log.warn('worker ended with a step at work');
      process.exit();
    }, longestEndMs).unref();
  });
}

try {
  await runWorker(readSettings(process.env), readMasterKeys(process.env, { makeIfMissing: false }), log);
} catch (error) {
  log.fatal({ code: error instanceof Error && 'code' in error ? error.code : undefined }, 'worker stopped');
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
