import { readFileSync } from 'node:fs';
import { createSecureServer } from 'node:http2';
import type { AddressInfo, Server } from 'node:net';
import { connect } from 'node:net';
import { join } from 'node:path';
import { createServer } from 'node:tls';
import { NativeConnection } from '@temporalio/worker';
import { expect, inject, it, onTestFinished } from 'vitest';
import { parseMasterKeys } from '../../store/envelope.ts';
import { connectTemporal, temporalServer } from '../../worker/temporal.ts';
import { rollcallCommand } from '../support/command.ts';
import { SchoolDay, testMasterKey } from '../support/school-day.ts';

const file = (name: string) => join(import.meta.dirname, 'tls', name);
const ofServer = { key: readFileSync(file('server.key')), cert: readFileSync(file('server.pem')) };
const trust = { TEMPORAL_TLS_SERVER_CA_CERT_PATH: file('ca.pem'), TEMPORAL_TLS_SERVER_NAME: 'temporal.example' };
const clientCertificate = {
  TEMPORAL_TLS_CLIENT_CERT_PATH: file('client.pem'),
  TEMPORAL_TLS_CLIENT_KEY_PATH: file('client.key'),
};

async function listen(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** The Temporal server of the tests, behind a door that asks for a certificate. */
function guardedTemporal(): Promise<string> {
  const [host, port] = inject('temporalAddress').split(':');
  const options = { ...ofServer, ca: readFileSync(file('ca.pem')), requestCert: true, ALPNProtocols: ['h2'] };
  const server = createServer(options, (outside) => {
    const inside = connect(Number(port), host);
    for (const [one, other] of [
      [outside, inside],
      [inside, outside],
    ] as const) {
      one.pipe(other);
      one.on('error', () => other.destroy());
      one.on('close', () => other.destroy());
    }
  });
  return listen(server);
}

/** Refuses every call, and notes what it was asked with. */
async function keyReader() {
  const seen: (string | undefined)[] = [];
  const server = createSecureServer(ofServer);
  server.on('stream', (stream, headers) => {
    seen.push(headers.authorization);
    stream.respond({ ':status': 200, 'content-type': 'application/grpc', 'grpc-status': '16' }, { endStream: true });
  });
  return { address: await listen(server), seen };
}

it('a worker and a command reach a Temporal server that asks for a certificate', async () => {
  const TEMPORAL_ADDRESS = await guardedTemporal();
  const day = await SchoolDay.open({ env: { TEMPORAL_ADDRESS, ...trust, ...clientCertificate } });
  onTestFinished(() => day.close());
  await day.worker();
  const sync = await rollcallCommand(day.env)('sync', 'timetable', '--wait', '--reason', 'over TLS');
  expect(sync).toMatchObject({ status: 0 });
  expect(await day.courses()).toHaveLength(1);
});

it('without the certificate the same server does not let anybody in', async () => {
  const TEMPORAL_ADDRESS = await guardedTemporal();
  const day = await SchoolDay.open({ env: { TEMPORAL_ADDRESS, ...trust } });
  onTestFinished(() => day.close());
  await expect(day.worker()).rejects.toThrow(/Temporal did not answer at 127\.0\.0\.1/);
});

it('an API key goes with every call, of clients and of workers, and turns TLS on', async () => {
  const { address, seen } = await keyReader();
  const env = { TEMPORAL_API_KEY: 'k-123', ...trust };
  await expect(NativeConnection.connect(temporalServer(address, env))).rejects.toThrow();
  expect(seen).toEqual(['Bearer k-123']);
  const before = { ...process.env };
  Object.assign(process.env, env);
  onTestFinished(() => {
    process.env = before;
  });
  const settings = { temporalAddress: address, temporalNamespace: 'default' };
  await expect(connectTemporal(settings, parseMasterKeys(testMasterKey))).rejects.toThrow('did not answer');
  expect(seen.length).toBeGreaterThan(1);
  expect(new Set(seen)).toEqual(new Set(['Bearer k-123']));
});

it('a configuration file counts only when it is named, and empty variables count as not set', () => {
  expect(temporalServer('here:7233', { HOME: file('.'), TEMPORAL_TLS: '', TEMPORAL_API_KEY: '' })).toEqual({
    address: 'here:7233',
  });
  expect(() => temporalServer('here:7233', { TEMPORAL_CONFIG_FILE: file('ca.pem') })).toThrow();
});
