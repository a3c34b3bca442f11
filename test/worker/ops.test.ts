import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import axios from 'axios';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { pingOutside } from '../../activities/heartbeat.ts';
import { freePort } from '../../local/free-port.ts';
import { Database } from '../../store/database.ts';
import { noteDone, readGauges, storeGauges } from '../../store/gauges.ts';
import { readiness } from '../../worker/health.ts';
import { Metrics } from '../../worker/metrics.ts';
import { opsServer } from '../../worker/ops-server.ts';
import { asSuperuser, freshDatabase, type TestDatabase } from '../support/database.ts';
import { valuesOf } from '../support/exposition.ts';
import { makeOrganisation } from '../support/organisation.ts';
import { SchoolDay, until } from '../support/school-day.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await freshDatabase();
});
afterAll(() => database.drop());
const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

/** Counts the requests that a watcher outside gets, and answers them as told. */
async function watcher(status: number) {
  const seen: string[] = [];
  const server = createServer((request, response) => {
    seen.push(request.url ?? '');
    response.writeHead(status).end('OK');
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  closing.push(async () => server.close());
  return { seen, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/ping/secret` };
}

describe('a worker on a real day', () => {
  it('shows metrics of its own, of the SDK and of the store, and says that it is alive and ready', async () => {
    const port = await freePort();
    const outside = await watcher(200);
    const day = await SchoolDay.open({
      env: {
        ROLLCALL_METRICS_ADDRESS: `127.0.0.1:${port}`,
        ROLLCALL_HEARTBEAT_URL: outside.url,
        ROLLCALL_SWEEP_MS: '1000',
      },
    });
    closing.push(() => day.close());
    await day.worker();
    const get = (path: string) =>
      axios.get(`http://127.0.0.1:${port}${path}`, { validateStatus: () => true, proxy: false });

    const ready = await get('/readyz');
    expect(ready).toMatchObject({ status: 200, data: { ready: true } });
    expect(Object.keys(ready.data.checks).sort()).toEqual(['database', 'migrations', 'temporal', 'worker']);
    expect(await get('/healthz')).toMatchObject({ status: 200, data: { alive: true } });

    await day.sync();
    await until(() => outside.seen[0]);
    const { organisationCode: organisation, connectionCode: connection } = day.connection;
    const text = await until(async () => {
      const { data } = await get('/metrics');
      return valuesOf(data, 'rollcall_seconds_since_sweep').length > 0 &&
        valuesOf(data, 'rollcall_runs_last_day').length > 0
        ? String(data)
        : undefined;
    });
    const one = (name: string, labels = {}) => valuesOf(text, name, labels)[0];
    expect(one('rollcall_runs_last_day', { state: 'completed', code: '' })).toBe(1);
    expect(one('rollcall_store_up')).toBe(1);
    expect(one('rollcall_runs_at_work')).toBe(0);
    expect(one('rollcall_seconds_since_success', { organisation, connection, mode: 'live' })).toBeLessThan(60);
    expect(one('rollcall_seconds_since_sweep')).toBeLessThan(60);
    expect(one('rollcall_snapshot_bytes', { organisation })).toBeGreaterThan(100);
    expect(one('rollcall_step_seconds_count', { step: 'upsertSlice', outcome: 'done' })).toBe(1);
    expect(valuesOf(text, 'rollcall_account_rate_used', { organisation }).length).toBeGreaterThan(0);
    expect(valuesOf(text, 'temporal_workflow_completed_total').length).toBeGreaterThan(0);
    expect(valuesOf(text, 'nodejs_eventloop_lag_seconds').length).toBeGreaterThan(0);
    expect(text).not.toMatch(/Comptabilit|@ecole|learner-name/);
  });

  it('says what is missing when it is not ready', async () => {
    const port = await freePort();
    const day = await SchoolDay.open({ env: { ROLLCALL_METRICS_ADDRESS: `127.0.0.1:${port}` } });
    closing.push(() => day.close());
    await day.worker();
    const readyz = async () => {
      const { status, data } = await axios.get(`http://127.0.0.1:${port}/readyz`, { validateStatus: () => true });
      return { status, checks: data.checks };
    };
    const server = (sql: string) => asSuperuser(day.database.url, (client) => client.query(sql));
    await server(`delete from schema_migration where name like '0009-%'`);
    expect(await readyz()).toMatchObject({
      status: 503,
      checks: {
        database: { ok: true },
        migrations: { ok: false, reason: expect.stringContaining('0009-operations.sql') },
      },
    });
    await server(`insert into schema_migration (name) values ('0009-operations.sql'), ('9999-tomorrow.sql')`);
    expect(await readyz()).toMatchObject({
      status: 200,
      checks: { migrations: { ok: true, reason: expect.stringContaining('9999-tomorrow.sql') } },
    });
  });
});

describe('readiness', () => {
  it('does not wait for what never answers', async () => {
    const answer = await readiness({ slow: () => new Promise(() => {}), fine: async () => undefined }, 50);
    expect(answer).toEqual({
      ready: false,
      checks: { slow: { ok: false, reason: expect.stringContaining('50 ms') }, fine: { ok: true } },
    });
  });
});

describe('metrics without a store', () => {
  it('say that they are missing, rather than what they were', async () => {
    const own = await freshDatabase();
    const metrics = new Metrics(own.db);
    metrics.stepEnded('plan', 'failed', 2, 'TARGET_UNREACHABLE');
    await own.drop();
    const text = await metrics.text();
    expect(valuesOf(text, 'rollcall_store_up')).toEqual([0]);
    for (const { name } of storeGauges) expect(valuesOf(text, name), name).toEqual([]);
    expect(valuesOf(text, 'rollcall_step_failures_total', { step: 'plan', code: 'TARGET_UNREACHABLE' })).toEqual([1]);
  });

  it('are answered over HTTP all the same, while the SDK shows none', async () => {
    const nowhere = new Database('postgres://127.0.0.1:1/nothing', { maxConnections: 1 });
    closing.push(() => nowhere.close());
    const app = opsServer({ metrics: new Metrics(nowhere), sdkMetrics: '127.0.0.1:1', checks: {} });
    closing.push(() => app.close());
    const url = await app.listen({ host: '127.0.0.1', port: 0 });
    const { data, headers } = await axios.get(`${url}/metrics`);
    expect(headers['content-type']).toContain('text/plain');
    expect(valuesOf(data, 'rollcall_store_up')).toEqual([0]);
  });
});

describe('gauges of the store', () => {
  it('read a thousand connections within a fraction of a second', async () => {
    await makeOrganisation(database.db, { code: 'first' });
    await asSuperuser(database.url, async (client) => {
      await client.query(`insert into organisation (organisation_id, code, name, time_zone)
        select gen_random_uuid(), 'school-' || n, 'School', 'UTC' from generate_series(1, 1000) n`);
      await client.query(`insert into account (account_id, organisation_id, code, system, settings)
        select gen_random_uuid(), organisation_id, 'both', 'alcuin', '{}' from organisation where code like 'school-%'`);
      await client.query(`insert into connection (connection_id, organisation_id, code, name, source_account_id, target_account_id,
          source_options, target_options, source_identity, mode, live_since)
        select gen_random_uuid(), organisation_id, 'timetable', 'Timetable', account_id, account_id, '{}', '{}', '', 'live', now()
          from account where code = 'both'`);
      await client.query(`insert into run (run_id, organisation_id, connection_id, number, kind, trigger, plan_only, as_of, state,
          code, workflow_id, started_at, ended_at)
        select gen_random_uuid(), c.organisation_id, c.connection_id, n, 'sync', 'schedule', false, now(),
               case when n = 100 and c.code_number % 10 = 0 then 'failed' else 'completed' end,
               case when n = 100 and c.code_number % 10 = 0 then case c.code_number % 20 when 0 then 'SOURCE_UNREACHABLE' else 'SOURCE_AUTH_REFUSED' end end,
               'w', now() - (101 - n) * interval '1 hour', now() - (101 - n) * interval '1 hour'
          from (select *, row_number() over () as code_number from connection where code = 'timetable' and mode = 'live' and source_identity = '') c,
               generate_series(1, 100) n`);
      await client.query('analyze');
    });
    const startedAt = performance.now();
    const readings = await database.db.operator((tx) => readGauges(tx, ['SOURCE_UNREACHABLE']));
    expect(performance.now() - startedAt).toBeLessThan(1_500);
    expect(readings.get('rollcall_seconds_since_success')?.length).toBe(1_001);
    expect(readings.get('rollcall_failed_connections')).toEqual(
      expect.arrayContaining([
        { labels: { code: 'SOURCE_AUTH_REFUSED', retry: 'person' }, value: 50 },
        { labels: { code: 'SOURCE_UNREACHABLE', retry: 'sweep' }, value: 50 },
      ]),
    );
  });

  it('know no sweep before there was one', async () => {
    const own = await freshDatabase();
    closing.push(() => own.drop());
    const sweeps = async () => (await own.db.operator((tx) => readGauges(tx, []))).get('rollcall_seconds_since_sweep');
    expect(await sweeps()).toEqual([]);
    await own.db.operator((tx) => noteDone(tx, 'sweep'));
    await own.db.operator((tx) => noteDone(tx, 'sweep'));
    expect(await sweeps()).toEqual([{ labels: {}, value: expect.any(Number) }]);
  });
});

describe('the watcher outside', () => {
  it('is asked once, and its errors are not ours', async () => {
    const good = await watcher(200);
    expect(await pingOutside(good.url)).toBe('sent');
    expect(good.seen).toEqual(['/ping/secret']);
    expect(await pingOutside((await watcher(500)).url)).toBe('failed');
    expect(await pingOutside(`http://127.0.0.1:${await freePort()}/`)).toBe('failed');
    expect(await pingOutside(undefined)).toBe('none');
  });
});
