/**
 * Bulk import: batches are pulled from the client, prepared several at a time, appended in their order.
 *
 * The next batch is read only when there is room, so a client is held back by the pace of the encoder and the log.
 */
import type { Deadline } from '../../base/deadline.js';
import type { CollectionSettings } from '../../proto/generated/shoal/v1/collections.js';
import type { Document } from '../../proto/generated/shoal/v1/document.js';
import type { ImportResponse, WriteResult } from '../../proto/generated/shoal/v1/documents.js';
import { refuseIfDropped, unlessDropped } from '../dropped.js';
import { noModel } from '../encoders.js';
import { append, prepare, type Ingested, type IngestParts, type Prepared } from './ingest.js';

/** Batches on their way to the log: enough to keep every encoder worker busy. */
const batchesEncodedMax = 4;

/** The same where nothing is encoded, so that waiting for the directory and the disk does not set the pace. */
const batchesReadyMax = 16;

/** How long the directory is given where documents may well be there: to write them again, and encode them, costs more than waiting. */
const unchangedPatienceMs = 2_000;

/** Rejected documents whose id and reason are in the answer. */
const rejectsNamedMax = 1_000;

/** Rejected documents whose position is in the answer, so that the caller can keep every one: 16 MB at most. All are counted. */
const rejectsPlacedMax = 1_000_000;

/** Writes every batch of `batches`; the counts of what became of the documents. */
export function importDocuments(
  batches: AsyncIterable<readonly Document[]>,
  settings: CollectionSettings,
  parts: IngestParts,
  deadline: Deadline,
): Promise<ImportResponse> {
  return unlessDropped(settings, parts.registry, () => new Import(settings, parts, deadline).run(batches));
}

class Import {
  readonly #settings: CollectionSettings;
  readonly #parts: IngestParts;
  readonly #deadline: Deadline;
  readonly #tally: Tally;
  readonly #failure = new AbortController();
  /** Batches that are not done, each done when it is out of the set. */
  readonly #open = new Set<Promise<void>>();
  /** id → how many batches on their way have it. */
  readonly #onTheirWay = new Map<string, number>();
  /** Resolves when the last batch has begun to be appended. */
  #begun: Promise<void> = Promise.resolve();

  constructor(settings: CollectionSettings, parts: IngestParts, deadline: Deadline) {
    this.#settings = settings;
    this.#parts = parts;
    this.#deadline = deadline;
    this.#tally = new Tally(settings.uid);
  }

  async run(batches: AsyncIterable<readonly Document[]>): Promise<ImportResponse> {
    const room = this.#settings.model === noModel ? batchesReadyMax : batchesEncodedMax;
    for await (const batch of batches) {
      this.#take(batch);
      if (this.#open.size >= room) await Promise.race(this.#open);
      this.#failure.signal.throwIfAborted();
    }
    while (this.#open.size > 0) await Promise.race(this.#open);
    // Also of a batch that ended while the next one was waited for.
    this.#failure.signal.throwIfAborted();
    return this.#tally.answer();
  }

  #take(documents: readonly Document[]): void {
    const first = this.#tally.read(documents.length);
    const onTheirWay = this.#noteIds(documents);
    const earlier = [...this.#open];
    const prepared = prepare(
      {
        documents,
        repeats: 'later wins',
        onTheirWay,
        ...(this.#mayBeThere ? { patienceMs: unchangedPatienceMs } : {}),
      },
      this.#settings,
      this.#parts,
      this.#deadline,
    );
    const turn = this.#begun;
    let begin = (): void => undefined;
    this.#begun = new Promise((resolve) => (begin = resolve));
    const work = async (): Promise<void> => {
      const ready = await prepared;
      await turn;
      const isOrdered = onTheirWay.size === 0 || this.#parts.appenders.routeOf(this.#settings).isSingle;
      // Two versions of one id may go to two shards, whose records have no order but that of their ends.
      if (!isOrdered) await Promise.all(earlier);
      this.#failure.signal.throwIfAborted();
      const ingested = isOrdered ? this.#append(ready) : this.#appendRepeated(ready);
      begin();
      const { results, sequence } = await ingested;
      await refuseIfDropped(results, this.#settings, this.#parts.registry);
      this.#tally.add(first, results, sequence);
    };
    const settled = work()
      .catch((reason: unknown) => this.#failure.abort(reason))
      .finally(() => {
        begin();
        this.#open.delete(settled);
        this.#forgetIds(documents);
      });
    this.#open.add(settled);
  }

  /** At first nobody knows; then a load that has met unchanged documents is one that is repeated. */
  get #mayBeThere(): boolean {
    return this.#tally.isEmpty || this.#tally.hasUnchanged;
  }

  #append(prepared: readonly Prepared[]): Promise<Ingested> {
    return append(prepared, this.#settings, this.#parts, { writeId: '', deadline: this.#deadline });
  }

  /** In runs without an id twice, each begun when the one before is on disk. */
  async #appendRepeated(prepared: readonly Prepared[]): Promise<Ingested> {
    const results: WriteResult[] = [];
    let sequence = 0n;
    for (const run of runsOf(prepared)) {
      const ingested = await this.#append(run);
      results.push(...ingested.results);
      if (ingested.sequence > sequence) sequence = ingested.sequence;
    }
    return { results, sequence };
  }

  /** Those of the ids of `documents` that stand twice in them, or are in an earlier batch on its way. */
  #noteIds(documents: readonly Document[]): ReadonlySet<string> {
    const own = new Set<string>();
    const repeated = new Set<string>();
    for (const { id } of documents) {
      if (own.has(id) || this.#onTheirWay.has(id)) repeated.add(id);
      own.add(id);
    }
    for (const { id } of documents) this.#onTheirWay.set(id, (this.#onTheirWay.get(id) ?? 0) + 1);
    return repeated;
  }

  #forgetIds(documents: readonly Document[]): void {
    for (const { id } of documents) {
      const count = this.#onTheirWay.get(id) ?? 0;
      if (count > 1) this.#onTheirWay.set(id, count - 1);
      else this.#onTheirWay.delete(id);
    }
  }
}

function runsOf(prepared: readonly Prepared[]): readonly (readonly Prepared[])[] {
  const runs: Prepared[][] = [[]];
  let seen = new Set<string>();
  for (const each of prepared) {
    if (seen.has(each.id)) {
      runs.push([]);
      seen = new Set();
    }
    seen.add(each.id);
    runs.at(-1)!.push(each);
  }
  return runs;
}

class Tally {
  readonly #uid: string;
  readonly #rejects: { position: bigint; result: WriteResult }[] = [];
  #read = 0;
  #written = 0;
  #unchanged = 0;
  #rejected = 0;
  #sequence = 0n;

  constructor(uid: string) {
    this.#uid = uid;
  }

  get isEmpty(): boolean {
    return this.#written + this.#unchanged + this.#rejected === 0;
  }

  get hasUnchanged(): boolean {
    return this.#unchanged > 0;
  }

  /** Counts `count` documents as read; gives the position of the first. */
  read(count: number): number {
    const first = this.#read;
    this.#read += count;
    return first;
  }

  /** Counts the results of a batch whose first document had the position `first`. */
  add(first: number, results: readonly WriteResult[], sequence: bigint): void {
    if (sequence > this.#sequence) this.#sequence = sequence;
    results.forEach((result, i) => {
      if (result.status !== 0) this.#reject(first + i, result);
      else if (result.unchanged) this.#unchanged += 1;
      else this.#written += 1;
    });
  }

  answer(): ImportResponse {
    // Batches end in any order.
    this.#rejects.sort((a, b) => Number(a.position - b.position));
    return {
      uid: this.#uid,
      sequence: this.#sequence,
      read: BigInt(this.#read),
      written: BigInt(this.#written),
      unchanged: BigInt(this.#unchanged),
      rejected: BigInt(this.#rejected),
      rejects: this.#rejects,
    };
  }

  #reject(position: number, result: WriteResult): void {
    this.#rejected += 1;
    if (this.#rejects.length >= rejectsPlacedMax) return;
    const isNamed = this.#rejects.length < rejectsNamedMax;
    this.#rejects.push({ position: BigInt(position), result: isNamed ? result : { ...result, id: '', message: '' } });
  }
}
