import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import { errorMeanings } from '../roster/error-codes.ts';
import type { Database } from '../store/database.ts';
import { type Reading, readGauges, storeGauges } from '../store/gauges.ts';

// Scrapes that come faster, or from several Prometheus, are answered from what was read last.
const keepMs = 5_000;

const retried = Object.entries(errorMeanings).flatMap(([code, { retry }]) => (retry ? [code] : []));

/** What this process measures of its own steps, and what the store says of everything. */
export class Metrics {
  readonly #registry = new Registry();
  readonly #db: Database;
  readonly #gauges = new Map<string, Gauge>();
  readonly #storeUp: Gauge;
  readonly #storeRead: Histogram;
  readonly #steps: Histogram<'step' | 'outcome'>;
  readonly #failures: Counter<'step' | 'code'>;
  #read: Promise<void> | undefined;
  #readAt = Number.NEGATIVE_INFINITY;

  constructor(db: Database) {
    this.#db = db;
    const registers = [this.#registry];
    collectDefaultMetrics({ register: this.#registry });
    this.#steps = new Histogram({
      name: 'rollcall_step_seconds',
      help: 'How long attempts of steps took on this worker, by outcome; a slice of writing is one of upsertSlice.',
      labelNames: ['step', 'outcome'],
      buckets: [0.05, 0.2, 1, 5, 20, 60, 120, 600, 3_600],
      registers,
    });
    this.#failures = new Counter({
      name: 'rollcall_step_failures_total',
      help: 'Attempts of steps that failed on this worker, by code.',
      labelNames: ['step', 'code'],
      registers,
    });
    this.#storeUp = new Gauge({
      name: 'rollcall_store_up',
      help: '1 when the gauges of the store could be read, 0 when they are missing here.',
      registers,
    });
    this.#storeRead = new Histogram({
      name: 'rollcall_store_read_seconds',
      help: 'How long it took to read the gauges of the store.',
      buckets: [0.01, 0.05, 0.2, 1, 5],
      registers,
    });
    for (const { name, help, labels } of storeGauges) {
      this.#gauges.set(name, new Gauge({ name, help, labelNames: [...labels], registers }));
    }
  }

  /** An attempt of a step ended. */
  stepEnded(step: string, outcome: 'done' | 'failed' | 'cancelled', seconds: number, code?: string): void {
    this.#steps.observe({ step, outcome }, seconds);
    if (outcome === 'failed') this.#failures.inc({ step, code: code ?? 'INTERNAL' });
  }

  /** Everything as text for Prometheus. The gauges of the store are missing while it does not answer. */
  async text(): Promise<string> {
    if (performance.now() - this.#readAt > keepMs) {
      // Whoever comes while it is read waits for the same answer.
      this.#read ??= this.#readStore().finally(() => {
        this.#read = undefined;
        this.#readAt = performance.now();
      });
      await this.#read;
    }
    return this.#registry.metrics();
  }

  async #readStore(): Promise<void> {
    const ended = this.#storeRead.startTimer();
    try {
      const readings = await this.#db.operator((tx) => readGauges(tx, retried));
      for (const { name, labels } of storeGauges) show(this.#gauges.get(name), labels, readings.get(name) ?? []);
      this.#storeUp.set(1);
    } catch {
      // An old value would look like a new one.
      for (const { name, labels } of storeGauges) show(this.#gauges.get(name), labels, []);
      this.#storeUp.set(0);
    } finally {
      ended();
    }
  }
}

function show(gauge: Gauge | undefined, labels: readonly string[], readings: readonly Reading[]): void {
  gauge?.reset();
  // Without labels a reset says 0, which would be a value.
  if (labels.length === 0) gauge?.remove();
  for (const reading of readings) gauge?.set(reading.labels, reading.value);
}
