/**
 * Bulk import: batches are pulled from the client, encoded several at a time, appended in their order.
 *
 * The next batch is read only when there is room, so a client is held back by the pace of the encoder and the log.
 */
import type { Deadline } from '../../base/deadline.js';
import { sequenceOf } from '../../cluster/log/doc-id.js';
import type { CollectionSettings } from '../../proto/generated/shoal/v1/collections.js';
import type { Document } from '../../proto/generated/shoal/v1/document.js';
import type { ImportResponse, WriteResult } from '../../proto/generated/shoal/v1/documents.js';
import { append, prepare, type IngestParts } from './ingest.js';

/** Batches being encoded or waiting for the log: enough to keep every encoder worker busy. */
const batchesInFlight = 4;

/** Rejected documents whose id and reason are in the answer. */
const rejectsNamedMax = 1_000;

/** Rejected documents whose position is in the answer, so that the caller can keep every one: 16 MB at most. All are counted. */
const rejectsPlacedMax = 1_000_000;

/** Writes every batch of `batches`; the counts of what became of the documents. */
export async function importDocuments(
  batches: AsyncIterable<readonly Document[]>,
  settings: CollectionSettings,
  parts: IngestParts,
  deadline: Deadline,
): Promise<ImportResponse> {
  const tally = new Tally(settings.uid);
  const open = new Set<Promise<void>>();
  let previous: Promise<void> = Promise.resolve();
  const failure = new AbortController();
  for await (const batch of batches) {
    const first = tally.read(batch.length);
    const prepared = prepare({ documents: batch, repeats: 'later wins' }, settings, parts, deadline);
    const order = previous;
    const work = order
      .then(() => prepared)
      .then(async (ready) => append(ready, settings, parts, deadline))
      .then(({ results }) => tally.add(first, results));
    // A batch that fails on its way is reported by `work`, which waits for it.
    prepared.catch((reason: unknown) => failure.abort(reason));
    previous = work;
    const settled = work.then(
      () => void open.delete(settled),
      (reason: unknown) => failure.abort(reason),
    );
    open.add(settled);
    if (open.size >= batchesInFlight) await Promise.race(open);
    failure.signal.throwIfAborted();
  }
  await previous;
  return tally.answer();
}

class Tally {
  readonly #uid: string;
  readonly #rejects: { position: bigint; result: WriteResult }[] = [];
  #read = 0;
  #written = 0;
  #rejected = 0;
  #largestDocId = 0n;

  constructor(uid: string) {
    this.#uid = uid;
  }

  /** Counts `count` documents as read; gives the position of the first. */
  read(count: number): number {
    const first = this.#read;
    this.#read += count;
    return first;
  }

  add(first: number, results: readonly WriteResult[]): void {
    results.forEach((result, i) => {
      if (result.status === 0) {
        this.#written += 1;
        if (result.docId > this.#largestDocId) this.#largestDocId = result.docId;
        return;
      }
      this.#rejected += 1;
      if (this.#rejects.length >= rejectsPlacedMax) return;
      const isNamed = this.#rejects.length < rejectsNamedMax;
      this.#rejects.push({
        position: BigInt(first + i),
        result: isNamed ? result : { ...result, id: '', message: '' },
      });
    });
  }

  answer(): ImportResponse {
    return {
      uid: this.#uid,
      sequence: sequenceOf(this.#largestDocId),
      read: BigInt(this.#read),
      written: BigInt(this.#written),
      unchanged: 0n,
      rejected: BigInt(this.#rejected),
      rejects: this.#rejects,
    };
  }
}
