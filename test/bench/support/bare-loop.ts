/** The bare inference session: threads that do nothing but run the graph, one call after the other. */
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';

export interface BareTotals {
  readonly real: number;
  readonly padded: number;
}

export class BareLoop {
  readonly #workers: readonly Worker[];

  private constructor(workers: readonly Worker[]) {
    this.#workers = workers;
  }

  /** Opens the graph in `threads` threads. */
  static async start(graphPath: string, threads: number): Promise<BareLoop> {
    const url = new URL('./bare-loop-worker.mjs', import.meta.url);
    const workers = Array.from({ length: threads }, () => new Worker(url, { workerData: graphPath, execArgv: [] }));
    await Promise.all(workers.map((worker) => once(worker, 'message')));
    return new BareLoop(workers);
  }

  /** Runs every sequence once, `batch` at a time in the order given; threads take the next batch from a shared counter. */
  async run(sequences: readonly Int32Array[], batch: number): Promise<BareTotals> {
    const counter = new SharedArrayBuffer(4);
    const answers = this.#workers.map(async (worker) => {
      worker.postMessage({ sequences, batch, counter });
      const [totals] = (await once(worker, 'message')) as [BareTotals];
      return totals;
    });
    const totals = await Promise.all(answers);
    return totals.reduce((a, b) => ({ real: a.real + b.real, padded: a.padded + b.padded }));
  }

  async close(): Promise<void> {
    await Promise.all(this.#workers.map((worker) => worker.terminate()));
  }
}
