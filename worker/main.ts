import { createLog } from './log.ts';
import { readMasterKeys, readSettings } from './settings.ts';
import { runWorker } from './worker.ts';

const log = createLog('worker');
try {
  await runWorker(readSettings(process.env), readMasterKeys(process.env, { makeIfMissing: false }), log);
} catch (error) {
  log.fatal({ code: error instanceof Error && 'code' in error ? error.code : undefined }, 'worker stopped');
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
