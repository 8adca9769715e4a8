/**
 * All documents of a collection in ascending order of their ids: the directory names them, page by page and partition by partition,
 * and each is read at its place. A document that exists throughout is met exactly once, however often it is written or moved meanwhile.
 */
import type { Deadline } from '../../base/deadline.js';
import type { DirectoryPlacement } from '../../proto/generated/shoal/v1/cluster.js';
import type { CollectionSettings } from '../../proto/generated/shoal/v1/collections.js';
import { Document } from '../../proto/generated/shoal/v1/document.js';
import type { FetchedDocument } from '../../proto/generated/shoal/v1/shard.js';
import { atPartition, partitionsOf } from '../directories.js';
import { placesOf, type Located, type LocateParts } from './located.js';
import { exported, heardPosition, readLocated, type ReadParts } from './read.js';
import { visibleFilter } from './visible.js';

/** Bytes of documents in one batch beyond which no further one joins it. */
const batchBytesMax = 2 * 1024 * 1024;

export interface ScrollOptions {
  /** Documents of a batch, and ids of a page. */
  readonly batch: number;
  readonly withVectors: boolean;
  /** CEL over attributes; '' = all. */
  readonly filter: string;
  /** Documents with a larger id follow; '' = from the first. */
  readonly afterId: string;
  readonly minSequence: bigint;
}

/** Every document that `options` asks for, ascending by the bytes of its id, up to `batch` at a time. */
export async function* scrollDocuments(
  options: ScrollOptions,
  settings: CollectionSettings,
  parts: ReadParts,
  deadline: Deadline,
): AsyncGenerator<readonly FetchedDocument[]> {
  const heard = await heardPosition(options.minSequence, settings, parts, deadline);
  const where: LocateParts = { ...parts, heard, deadline };
  const filter = visibleFilter(options.filter, settings, parts.clock.wallMs());
  const { batch, withVectors } = options;
  for await (const page of batchesOf(mergedIds(options, settings, where), batch)) {
    const found = await readLocated(page, { withVectors, filter }, settings, where);
    yield* piecesOf(found.map((document) => exported(document, settings)));
  }
}

/** The ids of all partitions in one ascending order. */
async function* mergedIds(
  options: ScrollOptions,
  settings: CollectionSettings,
  parts: LocateParts,
): AsyncGenerator<Located> {
  const partitions = partitionsOf(parts.view.current(), settings.uid);
  const cursors = await Promise.all(
    partitions.map(async (placement) => {
      const ids = idsOf(placement, options, settings, parts);
      return { ids, next: await ids.next() };
    }),
  );
  for (;;) {
    const open = cursors.flatMap((cursor) => (cursor.next.done === true ? [] : [{ cursor, value: cursor.next.value }]));
    const [first, ...others] = open;
    if (first === undefined) return;
    const least = others.reduce((best, other) => (compareIds(other.value.id, best.value.id) < 0 ? other : best), first);
    yield least.value;
    least.cursor.next = await least.cursor.ids.next();
  }
}

/** The ids of one partition, ascending. */
async function* idsOf(
  placement: DirectoryPlacement,
  { afterId, batch: limit }: ScrollOptions,
  { uid }: CollectionSettings,
  { view, peers, deadline, heard }: LocateParts,
): AsyncGenerator<Located> {
  let after = afterId;
  for (let isDone = false; !isDone;) {
    const page = await atPartition(placement, view, deadline, (address, { partition }, share) =>
      peers.listLocated(address, { uid, partition, afterId: after, limit, heard }, share),
    );
    const places = placesOf(page.located, uid, view);
    for (const [i, id] of page.ids.entries()) {
      const place = places[i];
      if (place) yield { id, place };
    }
    isDone = page.done || page.ids.length === 0;
    after = page.ids.at(-1) ?? after;
  }
}

async function* batchesOf<T>(values: AsyncIterable<T>, size: number): AsyncGenerator<readonly T[]> {
  let batch: T[] = [];
  for await (const value of values) {
    batch.push(value);
    if (batch.length < size) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}

/** `documents` in order, cut where a message to the client would become large. */
function* piecesOf(documents: readonly FetchedDocument[]): Generator<readonly FetchedDocument[]> {
  let piece: FetchedDocument[] = [];
  let bytes = 0;
  for (const fetched of documents) {
    const size = fetched.document === undefined ? 0 : Document.encode(fetched.document).finish().length;
    if (piece.length > 0 && bytes + size > batchBytesMax) {
      yield piece;
      piece = [];
      bytes = 0;
    }
    piece.push(fetched);
    bytes += size;
  }
  if (piece.length > 0) yield piece;
}

/** Below 0 when `a` comes first in the order of the bytes of UTF-8. Strings compare by UTF-16, which differs beyond U+FFFF. */
export function compareIds(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a, 'utf8'), Buffer.from(b, 'utf8'));
}
