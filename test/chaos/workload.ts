/**
 * What clients do while the cluster may die at any moment: writes of every kind, each on ids of its own worker, and reads that must
 * show what was just written. Everything is recorded in the history.
 */
import { ShoalError } from '../../base/errors.js';
import type { Random } from '../../base/random.js';
import type { ShoalClient } from '../../client/sdk/connect.js';
import type { MinSequence, WriteCondition } from '../../client/sdk/types.js';
import { contentOf, documentOf, idOf, nextState, stateOf, stateOfHit, stateOfStored, vectorOf } from './documents.js';
import type { History, State } from './history.js';

export interface WorkerOptions {
  readonly client: ShoalClient;
  readonly collection: string;
  readonly history: History;
  readonly random: Random;
  /** The numbers of the documents that this worker alone writes. */
  readonly numbers: readonly number[];
  /** Called after each operation with the number of documents in it. */
  readonly onDone: (documents: number) => void;
  readonly isOver: () => boolean;
}

/** Works until it is over. Throws what a call failed with, which is for the caller to judge. */
export async function work(options: WorkerOptions): Promise<void> {
  const worker = new Worker(options);
  while (!options.isOver()) options.onDone(await worker.step());
}

interface Change {
  readonly number: number;
  readonly id: string;
  readonly before: State;
  readonly after: State;
}

class Worker {
  readonly #options: WorkerOptions;
  #last: MinSequence | undefined;

  constructor(options: WorkerOptions) {
    this.#options = options;
  }

  /** One request; gives the number of documents that it named. */
  step(): Promise<number> {
    const draw = this.#options.random.below(100);
    if (draw < 45) return this.#upsert();
    if (draw < 60) return this.#delete();
    if (draw < 70) return this.#upsertIf();
    if (draw < 77) return this.#deleteIf();
    if (draw < 85) return this.#set();
    if (draw < 93) return this.#get();
    return this.#search();
  }

  async #upsert(): Promise<number> {
    const { client, collection, history, random } = this.#options;
    const changes = this.#draw(1 + random.below(8)).map((number) => this.#change(number));
    const documents = changes.map(({ number, after }) => documentOf(contentOf(number, after ?? '')));
    for (const { id, after } of changes) history.begin(id, after);
    const answer = await client.documents.upsert(collection, documents);
    for (const [position, { id, after }] of changes.entries()) {
      const result = answer.results[position];
      if (result === undefined || result.error !== null) throw refused(id, result?.error);
      history.acknowledge(id, after, result.docId);
    }
    this.#last = answer;
    return changes.length;
  }

  async #delete(): Promise<number> {
    const { client, collection, history, random } = this.#options;
    const ids = this.#draw(1 + random.below(4)).map(idOf);
    for (const id of ids) history.begin(id, null);
    this.#last = await client.documents.delete(collection, ids);
    for (const id of ids) history.acknowledge(id, null, 0n);
    return ids.length;
  }

  /** A condition that holds or one that does not: the verdict must be the one that the history knows. */
  async #upsertIf(): Promise<number> {
    const { client, collection, history } = this.#options;
    const [number = 0] = this.#draw(1);
    const { id, before, after } = this.#change(number);
    const { condition, holds } = this.#condition(id, before);
    history.begin(id, after);
    const answer = await client.documents.upsert(collection, [documentOf(contentOf(number, after ?? ''))], {
      conditions: [condition],
    });
    const result = answer.results[0];
    const isRefused = result?.error?.code === 'FAILED_PRECONDITION';
    if (result === undefined || (result.error !== null && !isRefused)) throw refused(id, result?.error);
    if (isRefused === holds) history.wrongVerdict(id, !isRefused);
    if (isRefused) history.refuse(id, before);
    else history.acknowledge(id, after, result.docId);
    this.#last = answer.sequence === 0n ? this.#last : answer;
    return 1;
  }

  async #deleteIf(): Promise<number> {
    const { client, collection, history } = this.#options;
    const [number = 0] = this.#draw(1);
    const id = idOf(number);
    const before = history.stateOf(id);
    const { condition, holds } = this.#condition(id, before);
    history.begin(id, null);
    const answer = await client.documents.delete(collection, [id], { conditions: [condition] });
    const isDeleted = answer.deleted === 1;
    if (isDeleted !== (holds && before !== null)) history.wrongVerdict(id, isDeleted);
    if (isDeleted) history.acknowledge(id, null, 0n);
    else history.refuse(id, before);
    this.#last = answer.sequence === 0n ? this.#last : answer;
    return 1;
  }

  /** Changes the note alone. */
  async #set(): Promise<number> {
    const { client, collection, history } = this.#options;
    // A document that lacks a passage cannot be set; its writer repeats the write that was cut off.
    const isWhole = (id: string): boolean => history.stateOf(id) !== null && !history.isPartial(id);
    const number = this.#draw(8).find((each) => isWhole(idOf(each)));
    if (number === undefined) return await this.#upsert();
    const id = idOf(number);
    const content = contentOf(number, history.stateOf(id) ?? '');
    const note = content.note + 1;
    const after = stateOf({ ...content, note });
    history.begin(id, after);
    const answer = await client.documents.set(collection, id, { note: BigInt(note) });
    history.acknowledge(id, after, answer.docId);
    this.#last = answer;
    return 1;
  }

  /** Every write of this worker is visible to it. */
  async #get(): Promise<number> {
    const { history } = this.#options;
    const [number = 0] = this.#draw(1);
    const id = idOf(number);
    history.expect(id, await this.#stored(id), 'a get of its writer');
    return 1;
  }

  async #stored(id: string): Promise<State> {
    const { client, collection } = this.#options;
    try {
      return stateOfStored(await client.documents.get(collection, id, this.#visible()));
    } catch (error) {
      if (ShoalError.from(error).code === 'NOT_FOUND') return null;
      throw error;
    }
  }

  /** The document whose own vector is asked for comes first, in the version that was written last; no document comes twice. */
  async #search(): Promise<number> {
    const { client, collection, history } = this.#options;
    const number = this.#draw(8).find((each) => history.stateOf(idOf(each)) !== null);
    if (number === undefined) return await this.#upsert();
    const content = contentOf(number, history.stateOf(idOf(number)) ?? '');
    const answer = await client.search(collection, vectorOf(content), { k: 20, ...this.#visible(), requireFull: true });
    const ids = answer.hits.map(({ id }) => id);
    for (const id of ids.filter((each, at) => ids.indexOf(each) !== at)) history.repeated(id, 'a search');
    const hit = answer.hits.find(({ id }) => id === idOf(number));
    const state = hit === undefined ? null : stateOfHit(hit);
    history.expect(idOf(number), state, 'a search of its writer');
    return 1;
  }

  #visible(): { readonly minSequence?: MinSequence } {
    return this.#last === undefined ? {} : { minSequence: { uid: this.#last.uid, sequence: this.#last.sequence } };
  }

  #change(number: number): Change {
    const { history, random } = this.#options;
    const id = idOf(number);
    const before = history.stateOf(id);
    return { number, id, before, after: nextState(number, before, random.below(6) === 0) };
  }

  #condition(id: string, before: State): { readonly condition: WriteCondition; readonly holds: boolean } {
    const { history, random } = this.#options;
    if (random.below(3) === 0) return { condition: { ifAbsent: true }, holds: before === null };
    const docId = history.docIdOf(id);
    if (docId === 0n) return { condition: { ifDocId: 4_096n }, holds: false };
    if (random.below(3) === 0) return { condition: { ifDocId: docId - 1n }, holds: false };
    return { condition: { ifDocId: docId }, holds: before !== null };
  }

  /** Different numbers of this worker. */
  #draw(count: number): number[] {
    const { numbers, random } = this.#options;
    const start = random.below(numbers.length);
    const step = 1 + 2 * random.below(8);
    const drawn = Array.from({ length: count }, (_, i) => numbers[(start + i * step) % numbers.length]!);
    return [...new Set(drawn)];
  }
}

function refused(id: string, error: { readonly code: string; readonly message: string } | null | undefined): Error {
  return new Error(`the write of ${id} was refused: ${error?.code ?? 'no result'} ${error?.message ?? ''}`);
}
