import { Database } from '../store/database.ts';
import { codecAccess } from './codec-access.ts';
import { codecServer } from './codec-server.ts';
import { readCodecSettings } from './codec-settings.ts';
import { createLog } from './log.ts';
import { SealingCodec } from './payload-codec.ts';
import { readMasterKeys, readSettings } from './settings.ts';

const log = createLog('codec-server');
try {
  const settings = readSettings(process.env);
  const { host, port, origin, oidc } = readCodecSettings(process.env, settings);
  const db = settings.local ? undefined : new Database(settings.databaseUrl, { maxConnections: 2 });
  const app = codecServer({
    codec: new SealingCodec(readMasterKeys(process.env, { makeIfMissing: false })),
    namespace: settings.temporalNamespace,
    origin,
    access: db === undefined ? undefined : codecAccess(db, oidc),
    log,
  });
  const stop = async () => {
    await app.close();
    await db?.close();
  };
  process.once('SIGINT', stop);
  process.once('SIGTERM', stop);
  log.info({ url: await app.listen({ host, port }), tokens: db !== undefined }, 'codec server ready');
} catch (error) {
  log.fatal({ code: error instanceof Error && 'code' in error ? error.code : undefined }, 'codec server stopped');
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
