import { createServer } from 'node:net';
import axios from 'axios';
import { type FastifyInstance, fastify } from 'fastify';
import { type Checks, Pulse, readiness } from './health.ts';
import type { Metrics } from './metrics.ts';

/** What the operators' server of a worker tells. */
export interface OpsServerOptions {
  readonly metrics: Metrics;
  /** Where the SDK shows its own metrics, which are shown here too. */
  readonly sdkMetrics?: string;
  readonly checks: Checks;
}

/** `/metrics` for Prometheus, `/healthz` and `/readyz` for whoever keeps processes running. Ids, codes and counts only. */
export function opsServer({ metrics, sdkMetrics, checks }: OpsServerOptions): FastifyInstance {
  const app = fastify({ logger: false });
  const pulse = new Pulse();
  app.addHook('onClose', async () => pulse.stop());

  app.get('/healthz', async (_, reply) => {
    const { alive, longestDelayMs } = pulse.look();
    const reason = alive ? {} : { reason: `This process was away from its timers for ${longestDelayMs} ms.` };
    return reply.code(alive ? 200 : 503).send({ alive, longestDelayMs, ...reason });
  });

  app.get('/readyz', async (_, reply) => {
    const answer = await readiness(checks);
    return reply.code(answer.ready ? 200 : 503).send(answer);
  });

  app.get('/metrics', async (_, reply) => {
    const texts = await Promise.all([metrics.text(), sdkMetrics === undefined ? '' : textOf(sdkMetrics)]);
    return reply.type('text/plain; version=0.0.4; charset=utf-8').send(texts.join('\n'));
  });
  return app;
}

/** Ours are shown also while the SDK's cannot be had. */
async function textOf(address: string): Promise<string> {
  const answer = await axios
    .get<string>(`http://${address}/metrics`, { timeout: 2_000, responseType: 'text', proxy: false })
    .catch(() => undefined);
  return answer?.data ?? '';
}

/** An address for the SDK's metrics that only this machine reaches: the SDK does not tell which port it took. */
export async function freeLocalAddress(): Promise<string> {
  const probe = createServer();
  await new Promise<void>((resolve, reject) => {
    probe.once('error', reject).listen(0, '127.0.0.1', resolve);
  });
  const address = probe.address();
  await new Promise((resolve) => probe.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('No port for the metrics of the SDK.');
  return `127.0.0.1:${address.port}`;
}
