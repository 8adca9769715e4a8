/** Vectors of some documents, all their passages: what was judged relevant has to be in a training's sample. */
import type { PinnedIndex, RowPlace } from './pinned-index.js';
import { checkVectors, vectorOf, type SegmentRow } from './row-sample.js';
import { hasDense } from '../segment/segment-reader.js';

/** Documents that are looked up between two pauses. */
const documentsPerTurn = 1_024;

export interface DocumentVectors {
  /** float32[n, dim]: living passages that have a vector, one document's behind the other's. */
  readonly vectors: Float32Array;
  /** uint32[n]: which of the documents asked for each belongs to, ascending. */
  readonly owners: Uint32Array;
}

export interface DocumentVectorsOptions {
  /** Each once. */
  readonly docIds: BigUint64Array;
  readonly dim: number;
  /** Lets others go first. */
  readonly pause: () => Promise<void>;
  readonly signal?: AbortSignal | undefined;
}

/** Those that are not there any more have none. Throws the signal's error when it aborts. */
export async function documentVectors(index: PinnedIndex, options: DocumentVectorsOptions): Promise<DocumentVectors> {
  const { docIds, dim, pause, signal } = options;
  const rows: (SegmentRow & { readonly owner: number })[] = [];
  const turn = async (at: number): Promise<void> => {
    if (at % documentsPerTurn !== 0) return;
    await pause();
    signal?.throwIfAborted();
  };
  const found = ({ segment, row }: RowPlace): SegmentRow => ({ segment: index.segments[segment]!, row });
  for (const [owner, docId] of docIds.entries()) {
    await turn(owner);
    const own = index.places(docId).map(found);
    rows.push(...own.filter(({ segment, row }) => hasDense(segment.reader, row)).map((each) => ({ ...each, owner })));
  }
  await checkVectors(rows, signal);
  const vectors = new Float32Array(rows.length * dim);
  for (const [at, row] of rows.entries()) {
    await turn(at);
    vectors.set(vectorOf(row, dim), at * dim);
  }
  return { vectors, owners: Uint32Array.from(rows, ({ owner }) => owner) };
}
