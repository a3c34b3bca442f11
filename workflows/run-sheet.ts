import { isCancellation, setCurrentDetails } from '@temporalio/workflow';

type Counts = Readonly<Record<string, number>>;
type RowState = 'at work' | 'done' | 'failed' | 'cancelled' | 'skipped';

interface Row {
  readonly step: string;
  state: RowState;
  counts: Counts;
}

/**
 * What the Temporal UI shows of a workflow at work: a short table of its steps with states, counts and codes, never people.
 * It lives in the worker's memory and is told again by a replay: it adds nothing to the history.
 */
export class RunSheet {
  readonly #title: string;
  readonly #rows: Row[] = [];
  #end = '';

  constructor(title: string) {
    this.#title = title;
    this.#show();
  }

  /** Runs a step; its row says how that went, and what the step counted where it gives counts. */
  async step<T>(step: string, work: () => Promise<T>): Promise<T> {
    const row: Row = { step, state: 'at work', counts: {} };
    this.#rows.push(row);
    this.#show();
    try {
      const result = await work();
      row.state = 'done';
      // What runs of before had their steps answer is not known: it is taken as it comes.
      if (isCounts(result)) row.counts = result;
      return result;
    } catch (error) {
      row.state = isCancellation(error) ? 'cancelled' : 'failed';
      throw error;
    } finally {
      this.#show();
    }
  }

  /** Counts of a step that goes on, slice by slice. */
  progress(step: string, counts: Counts | undefined): void {
    const row = this.#rows.find((one) => one.step === step);
    if (row === undefined || counts === undefined) return;
    row.counts = counts;
    this.#show();
  }

  /** What became of a step other than what its end said. */
  mark(step: string, state: RowState): void {
    const row = this.#rows.find((one) => one.step === step);
    if (row !== undefined) row.state = state;
    this.#show();
  }

  /** How the run ended. */
  end(state: string, code: string | null): void {
    this.#end = code === null ? `**${state}**` : `**${state}**: \`${code}\``;
    this.#show();
  }

  #show(): void {
    setCurrentDetails(sheetText(this.#title, this.#rows, this.#end));
  }
}

/** The sheet as Markdown. */
function sheetText(title: string, rows: readonly Row[], end: string): string {
  const table = rows.map(({ step, state, counts }) => `| ${step} | ${state} | ${countsText(counts)} |`);
  const head = table.length === 0 ? [] : ['| step | state | counts |', '| --- | --- | --- |'];
  return [title, '', ...head, ...table, '', end].join('\n').trim();
}

function countsText(counts: Counts): string {
  return Object.entries(counts)
    .filter(([, count]) => count !== 0)
    .map(([name, count]) => `${name}: ${count}`)
    .join(', ');
}

function isCounts(result: unknown): result is Counts {
  return typeof result === 'object' && result !== null && Object.values(result).every((one) => typeof one === 'number');
}
