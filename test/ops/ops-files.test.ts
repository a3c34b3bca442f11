import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import axios from 'axios';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { freePort } from '../../local/free-port.ts';
import { errorMeanings } from '../../roster/error-codes.ts';
import { samplesOf } from '../support/exposition.ts';
import { findPromtool } from '../support/promtool.ts';
import { SchoolDay, until } from '../support/school-day.ts';

const repository = join(import.meta.dirname, '..', '..');
const read = (path: string) => readFileSync(join(repository, path), 'utf8');
const run = promisify(execFile);

const rulesShape = z.object({
  groups: z.array(
    z.object({
      rules: z.array(
        z.object({
          alert: z.string(),
          expr: z.string(),
          labels: z.object({ severity: z.enum(['page', 'ticket']) }),
          annotations: z.object({ summary: z.string().min(10), runbook: z.string() }),
        }),
      ),
    }),
  ),
});
const alerts = rulesShape.parse(parse(read('ops/prometheus/alerts.yml'))).groups.flatMap(({ rules }) => rules);

const dashboardShape = z.object({
  panels: z.array(
    z.object({
      title: z.string(),
      type: z.string(),
      targets: z.array(z.object({ expr: z.string() })).default([]),
    }),
  ),
});
const panels = dashboardShape
  .parse(JSON.parse(read('ops/grafana/rollcall.json')))
  .panels.filter(({ type }) => type !== 'row');

const runbook = read('docs/runbook.md');

/** A page of metrics of a live worker, after a run that completed and one that failed. */
let exported: string;
let day: SchoolDay;
beforeAll(async () => {
  const port = await freePort();
  day = await SchoolDay.open({
    env: { ROLLCALL_METRICS_ADDRESS: `127.0.0.1:${port}`, ROLLCALL_SWEEP_MS: '1000' },
  });
  await day.worker();
  await day.sync();
  await day.control('alcuin', 'secret', { secret: 'another' });
  await day.sync();
  exported = await until(async () => {
    const { data } = await axios.get<string>(`http://127.0.0.1:${port}/metrics`);
    const names = new Set(samplesOf(data).map(({ name }) => name));
    const there = ['rollcall_seconds_since_sweep', 'rollcall_failed_connections', 'temporal_workflow_completed_total'];
    return there.every((name) => names.has(name)) ? data : undefined;
  });
});
afterAll(() => day.close());

/** Names of the metrics an expression asks for. */
function namesIn(expr: string): string[] {
  return [...expr.matchAll(/\b(?:(?:rollcall|temporal|nodejs|process)_\w+|up(?=\{))/g)].map(([name]) => name);
}

/** Labels an expression asks for, in braces or by "by". */
function labelsIn(expr: string): string[] {
  const grouped = [...expr.matchAll(/\bby \(([^)]*)\)/g)].flatMap(([, list]) => (list ?? '').split(','));
  const chosen = [...expr.matchAll(/[{,]\s*(\w+)\s*(?:=~|!~|!=|=)/g)].map(([, label]) => label ?? '');
  return [...grouped, ...chosen].map((label) => label.trim()).filter((label) => label !== '');
}

/** What Prometheus adds by itself. */
const ofPrometheus = { names: ['up'], labels: ['job', 'instance'] };

const asked = [
  ...panels.flatMap(({ title, targets }) => targets.map(({ expr }) => ({ where: `panel "${title}"`, expr }))),
  ...alerts.map(({ alert, expr }) => ({ where: alert, expr })),
];

describe('dashboard and alerts', () => {
  it('are there', () => {
    expect(panels.length).toBeGreaterThan(15);
    expect(alerts.length).toBeGreaterThan(8);
    for (const { targets, title } of panels) expect(targets.length, title).toBeGreaterThan(0);
  });

  it.each(asked)('$where asks only for what a live worker exports', ({ expr }) => {
    const samples = samplesOf(exported);
    const typed = [...exported.matchAll(/^# TYPE (\S+)/gm)].map(([, name]) => name);
    const known = new Set([...typed, ...samples.map(({ name }) => name), ...ofPrometheus.names]);
    const names = namesIn(expr);
    expect(names.length).toBeGreaterThan(0);
    expect(names.filter((name) => !known.has(name))).toEqual([]);
    const fitting = samples.filter(({ name }) => names.includes(name));
    if (fitting.length === 0) return;
    const labels = new Set([...ofPrometheus.labels, ...fitting.flatMap((one) => Object.keys(one.labels))]);
    expect(labelsIn(expr).filter((label) => !labels.has(label))).toEqual([]);
  });

  it('would show a metric that nobody exports', () => {
    expect(exported).not.toMatch(/rollcall_runs_nobody/);
    expect(namesIn('max by (code) (rollcall_runs_nobody{a="b"}) > up{job="x"}')).toEqual([
      'rollcall_runs_nobody',
      'up',
    ]);
    expect(labelsIn('max by (code, step) (x{a="b", c=~"d"})')).toEqual(['code', 'step', 'a', 'c']);
  });

  it('name nobody: labels are codes', () => {
    const labels = new Set(
      samplesOf(exported).flatMap((one) => (one.name.startsWith('rollcall') ? Object.keys(one.labels) : [])),
    );
    const codes = [
      'state',
      'code',
      'retry',
      'organisation',
      'connection',
      'mode',
      'account',
      'system',
      'rate_class',
      'step',
      'outcome',
      'le',
    ];
    expect([...labels].filter((label) => !codes.includes(label))).toEqual([]);
  });
});

describe('the runbook', () => {
  const headings = [...runbook.matchAll(/^## (\w+)$/gm)].map(([, name]) => name ?? '');

  it('has a paragraph for every alert, and none for one that is gone', () => {
    expect(headings.filter((name) => name !== 'Codes').sort()).toEqual(alerts.map(({ alert }) => alert).sort());
  });

  it.each(alerts)(
    '$alert says what it means, what to look at and what to do, and the alert leads there',
    ({ alert, annotations }) => {
      const paragraph = runbook.split(/^## /m).find((part) => part.startsWith(`${alert}\n`)) ?? '';
      for (const part of ['**What it means.** ', '**Look at.** ', '**Do.** ', '```sh'])
        expect(paragraph).toContain(part);
      expect(annotations.runbook).toBe(`docs/runbook.md#${alert.toLowerCase()}`);
    },
  );

  it('leads from every code to its page, and to alerts that there are', () => {
    const codes = [...runbook.matchAll(/\[([A-Z_]+)\]\(errors\.md#([a-z_]+)\)/g)];
    expect(codes.map(([, code]) => code).sort()).toEqual(Object.keys(errorMeanings).sort());
    for (const [, code, anchor] of codes) expect(anchor).toBe(code?.toLowerCase());
    for (const code of Object.keys(errorMeanings)) expect(read('docs/errors.md')).toContain(`### ${code}\n`);
    const leads = [...runbook.matchAll(/\]\(#(\w+)\)/g)].map(([, anchor]) => anchor);
    expect(leads.filter((anchor) => !alerts.some(({ alert }) => alert.toLowerCase() === anchor))).toEqual([]);
  });
});

const promtool = findPromtool();
const why = 'promtool is missing: run .ci/install-promtool, or set PROMTOOL';
if (promtool === undefined) process.stderr.write(`Alerts are not checked: ${why}.\n`);

describe('the alerts, by promtool', () => {
  // A build server without it fails; a stranger's machine skips, and says so.
  it.skipIf(promtool === undefined && process.env['CI'] === undefined)(
    'are rules that Prometheus understands',
    async () => {
      if (promtool === undefined) throw new Error(why);
      const { stdout } = await run(promtool, ['check', 'rules', 'ops/prometheus/alerts.yml'], { cwd: repository });
      expect(stdout).toContain(`SUCCESS: ${alerts.length} rules found`);
    },
  );

  it.skipIf(promtool === undefined && process.env['CI'] === undefined)(
    'fire when they should, and each is tried',
    async () => {
      if (promtool === undefined) throw new Error(why);
      const { stdout } = await run(promtool, ['test', 'rules', 'ops/prometheus/alerts.test.yml'], { cwd: repository });
      expect(stdout).toContain('SUCCESS');
      const tests = z
        .object({
          tests: z.array(
            z.object({
              alert_rule_test: z.array(
                z.object({ alertname: z.string(), exp_alerts: z.array(z.unknown()).default([]) }),
              ),
            }),
          ),
        })
        .parse(parse(read('ops/prometheus/alerts.test.yml'), { maxAliasCount: 10 })).tests;
      const tried = tests.flatMap(({ alert_rule_test: each }) => each);
      for (const { alert } of alerts) {
        const own = tried.filter(({ alertname }) => alertname === alert);
        expect(
          own.some((one) => one.exp_alerts.length > 0),
          `${alert} fires`,
        ).toBe(true);
        expect(
          own.some((one) => one.exp_alerts.length === 0),
          `${alert} stays quiet`,
        ).toBe(true);
      }
    },
  );
});
