/** Kills `shoal dev` again and again while clients write, starts it on the same data, and compares all it holds with the history. */
import { setTimeout as sleep } from 'node:timers/promises';
import { systemClock } from '../../base/clock.js';
import { seededRandom, type Random } from '../../base/random.js';
import { connect, type ShoalClient } from '../../client/sdk/connect.js';
import type { MinSequence } from '../../client/sdk/types.js';
import { spawnDev, startDev, type DevProcess } from '../dev-process.js';
import { centroids, dim, documentOf, lists, shards, stateOfHit, stateOfStored } from './documents.js';
import { History, type Found } from './history.js';
import { work, type WorkerOptions } from './workload.js';

export interface ChaosOptions {
  /** Of the data; it is empty. */
  readonly directory: string;
  readonly seed: number;
  readonly kills: number;
  /** Documents named in requests, over all rounds. */
  readonly operations: number;
  readonly progress: (line: string) => void;
}

export interface ChaosResult {
  readonly seed: number;
  readonly kills: number;
  readonly acknowledged: number;
  readonly lost: number;
  readonly resurrected: number;
  readonly duplicates: number;
}

interface Running {
  readonly dev: DevProcess;
  readonly client: ShoalClient;
}

const collection = 'fire';
const workers = 8;
const numbersPerWorker = 60;
/** Written after each restart: once it is visible, everything before it is decided and visible. */
const marker = documentOf({ number: workers * numbersPerWorker, version: 1, note: 0, isTwofold: false });
const devArgs = ['--port', '0', '--encoder-nodes', '0', '--shard-nodes', '3', '--log-level', 'error'];
/** Of the restarts, one in so many is killed before it serves. */
const startKillShare = 5;
const startMsMax = 1_500;
const killDelayMsMax = 40;
const settleMs = 30_000;

/** Runs to the end; the caller judges the result. Throws when a call fails without a kill. */
export async function runChaos(options: ChaosOptions): Promise<{ result: ChaosResult; problems: readonly string[] }> {
  const run = new Run(options);
  try {
    await run.all();
    return { result: run.result(), problems: run.history.problems };
  } finally {
    await run.close();
  }
}

class Run {
  readonly history = new History();
  readonly #options: ChaosOptions;
  readonly #random: Random;
  #running: Running | null = null;
  #kills = 0;
  #operations = 0;

  constructor(options: ChaosOptions) {
    this.#options = options;
    this.#random = seededRandom(options.seed);
  }

  result(): ChaosResult {
    const { acknowledged, verdict } = this.history;
    return { seed: this.#options.seed, kills: this.#kills, acknowledged, ...verdict };
  }

  /** Rounds of writing, each ended by a kill, and one more that ends in peace. */
  async all(): Promise<void> {
    const { kills, operations, progress } = this.#options;
    const beginMs = systemClock.monotonicMs();
    const first = await this.#start();
    const structure = { shards, centroids: centroids(), directoryPartitions: 2 };
    await first.client.collections.create(collection, { model: 'none', dim, ...structure });
    while (this.#kills < kills) {
      const until = Math.round((operations * (this.#kills + 1)) / (kills + 1));
      await this.#writeUntilKilled(until);
      if (this.#kills < kills && this.#random.below(startKillShare) === 0) await this.#killStarting();
      await this.#check(await this.#start());
      const { lost, resurrected, duplicates } = this.history.verdict;
      const found = `${lost} lost, ${resurrected} resurrected, ${duplicates} duplicates`;
      const seconds = ((systemClock.monotonicMs() - beginMs) / 1000).toFixed(1);
      progress(`${seconds} s, ${this.#kills} kills, ${this.#operations} operations: ${found}`);
    }
    await this.#writeInPeace(operations);
    await this.close('SIGTERM');
    await this.#check(await this.#start());
    await this.close('SIGTERM');
  }

  async close(signal: 'SIGTERM' | 'SIGKILL' = 'SIGKILL'): Promise<void> {
    if (this.#running === null) return;
    const { dev, client } = this.#running;
    this.#running = null;
    await client.close();
    await dev.end(signal);
  }

  async #start(): Promise<Running> {
    const { process: dev, address } = await startDev(['--data', this.#options.directory, ...devArgs]);
    this.#running = { dev, client: connect({ address, deadlineMs: settleMs }) };
    return this.#running;
  }

  /** A process dies before it serves, at any moment of its start. */
  async #killStarting(): Promise<void> {
    const dev = spawnDev(['--data', this.#options.directory, ...devArgs]);
    await sleep(this.#random.below(startMsMax));
    await dev.end('SIGKILL');
    this.#kills += 1;
  }

  /** Writes until `until` operations are done in all; a moment later the process is killed, with writes under way. */
  async #writeUntilKilled(until: number): Promise<void> {
    const { dev, client } = this.#serving();
    const state = { isDue: false, isKilled: false };
    const delayMs = this.#random.below(killDelayMsMax);
    const kill = async (): Promise<void> => {
      await sleep(delayMs);
      state.isKilled = true;
      process.kill(dev.pid, 'SIGKILL');
    };
    const onDone = (documents: number): void => {
      this.#operations += documents;
      if (state.isDue || this.#operations < until) return;
      state.isDue = true;
      void kill();
    };
    const isOver = (): boolean => state.isKilled;
    const tolerant = async (task: Promise<void>): Promise<void> => {
      try {
        await task;
      } catch (error) {
        // What was under way when the process died may fail; before that nothing may.
        if (!state.isKilled) throw error;
      }
    };
    await Promise.all([...this.#work(client, { onDone, isOver }), seal(client, isOver)].map(tolerant));
    await dev.exit;
    this.#kills += 1;
    await this.close();
  }

  async #writeInPeace(until: number): Promise<void> {
    const { client } = this.#serving();
    const onDone = (documents: number): void => void (this.#operations += documents);
    await Promise.all(this.#work(client, { onDone, isOver: () => this.#operations >= until }));
  }

  #work(client: ShoalClient, hooks: Pick<WorkerOptions, 'onDone' | 'isOver'>): Promise<void>[] {
    return Array.from({ length: workers }, (_, worker) => {
      const numbers = Array.from({ length: numbersPerWorker }, (_, i) => worker * numbersPerWorker + i);
      const random = seededRandom(this.#random.below(2 ** 31));
      return work({ client, collection, history: this.history, random, numbers, ...hooks });
    });
  }

  #serving(): Running {
    if (this.#running === null) throw new Error('nothing is running');
    return this.#running;
  }

  /** Reads everything in two ways; both must show what the history allows, and the same. */
  async #check({ client }: Running): Promise<void> {
    const { uid, sequence } = await client.documents.upsert(collection, [marker]);
    const minSequence = { uid, sequence };
    const scrolled: Found[] = [];
    for await (const stored of client.documents.scroll(collection, { withVectors: true, minSequence })) {
      scrolled.push({ id: stored.id, state: stateOfStored(stored), docId: stored.docId });
    }
    this.history.observe(scrolled.filter(isNoMarker), 'a scroll');
    this.history.observe((await searched(client, minSequence)).filter(isNoMarker), 'a search');
    const { documents } = await client.documents.count(collection, { minSequence });
    if (documents !== scrolled.length) throw new Error(`a count gives ${documents} of ${scrolled.length} documents`);
  }
}

/** Seals and truncates all the time, so that the process also dies between a segment, its manifest and a purge. */
async function seal(client: ShoalClient, isOver: () => boolean): Promise<void> {
  while (!isOver()) {
    await client.cluster.flush(collection);
    await sleep(50);
  }
}

/** Every document, by one search of all lists. */
async function searched(client: ShoalClient, minSequence: MinSequence): Promise<Found[]> {
  const query = new Float32Array(dim).fill(1, 0, lists);
  const k = workers * numbersPerWorker * 2;
  const options = { k, minSequence, requireFull: true, deadlineMs: settleMs };
  const { hits } = await client.search(collection, query, options);
  return hits.map((hit) => ({ id: hit.id, state: stateOfHit(hit), docId: hit.docId }));
}

function isNoMarker({ id }: Found): boolean {
  return id !== marker.id;
}
