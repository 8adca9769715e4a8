/**
 * From token ids to the sequences that the graph reads: special tokens, prefix, markers, expansion and truncation as the manifest
 * says, and which positions become token vectors. Pure.
 */
import type { ModelManifest } from '../model/manifest.js';

/** One row of a batch. */
export interface Sequence {
  /** int32[length] token ids, special tokens included. */
  readonly ids: Int32Array;
  /** The first `attended` tokens are seen by attention; the rest are expansion that only asks. */
  readonly attended: number;
  readonly wantsDense: boolean;
  /** int32[rows]: positions whose token vectors are wanted; null = none. */
  readonly rows: Int32Array | null;
  /** Token vectors are coded by the model's codec, where it has one. */
  readonly isCoded: boolean;
  /** About one row for so many token vectors is given; 1 = all. */
  readonly pooling: number;
  /** Which side of the model's sparse head, where it has one, tells features of the rows. */
  readonly side: 'queries' | 'documents';
}

/** What the model's tokenizer puts around a text, and what of it the manifest's strings become. */
export interface SequenceShape {
  readonly manifest: ModelManifest;
  readonly startId: number;
  readonly endId: number;
  /** Ids of the query's prefix, and of the document's. */
  readonly queryPrefix: readonly number[];
  readonly documentPrefix: readonly number[];
  /** Ids of punctuation, whose vectors a skiplist drops. */
  readonly punctuation: ReadonlySet<number>;
}

export interface Wanted {
  readonly dense: boolean;
  readonly multi: boolean;
  /** About one token row of a document for so many tokens; all unless given. Queries keep all. */
  readonly pooling?: number;
}

/** The sequence of a document's token ids. At most `document.maxLength` tokens. */
export function documentSequence(ids: readonly number[], shape: SequenceShape, wanted: Wanted): Sequence {
  const { document } = shape.manifest;
  const head = headOf(shape.startId, document.markerId, shape.documentPrefix);
  const all = enclose(head, ids, shape.endId, document.maxLength);
  const isKept = (position: number): boolean =>
    document.skiplist === 'none' || !shape.punctuation.has(all[position] ?? shape.endId);
  const rows = positions(document.firstToken, all.length).filter(isKept);
  return {
    ids: all,
    attended: all.length,
    wantsDense: wanted.dense,
    rows: wanted.multi ? rows : null,
    isCoded: true,
    pooling: wanted.pooling ?? 1,
    side: 'documents',
  };
}

/** The sequences of a query's token ids: one that gives both representations, or one for each. */
export function querySequences(ids: readonly number[], shape: SequenceShape, wanted: Wanted): Sequence[] {
  const { query } = shape.manifest;
  const prefixed = headOf(shape.startId, query.markerId, shape.queryPrefix);
  const plain = headOf(shape.startId, query.markerId, []);
  const isOne = query.tokens === 'after-prefix' || shape.queryPrefix.length === 0;
  if (isOne) return [querySequence(prefixed, ids, shape, wanted)];
  const sequences: Sequence[] = [];
  if (wanted.dense) sequences.push(querySequence(prefixed, ids, shape, { dense: true, multi: false }));
  if (wanted.multi) sequences.push(querySequence(plain, ids, shape, { dense: false, multi: true }));
  return sequences;
}

/** Whether a text of `count` tokens is cut for its dense vector. */
export function isCut(
  count: number,
  { manifest, queryPrefix, documentPrefix }: SequenceShape,
  isQuery: boolean,
): boolean {
  const { maxLength, markerId } = isQuery ? manifest.query : manifest.document;
  const prefix = isQuery ? queryPrefix : documentPrefix;
  return headOf(0, markerId, prefix).length + count + 1 > maxLength;
}

function querySequence(
  head: readonly number[],
  ids: readonly number[],
  { manifest: { query }, endId, queryPrefix }: SequenceShape,
  wanted: Wanted,
): Sequence {
  const real = enclose(head, ids, endId, query.maxLength);
  const all = expand(real, query.expandTo, query.expandId);
  const behind = head.length > 1 && queryPrefix.length > 0 ? head.length : 0;
  const first = Math.max(query.firstToken, query.tokens === 'after-prefix' ? behind : 0);
  return {
    ids: all,
    attended: query.attendExpansion ? all.length : real.length,
    wantsDense: wanted.dense,
    rows: wanted.multi ? positions(first, query.keepExpansion ? all.length : real.length) : null,
    isCoded: false,
    pooling: 1,
    side: 'queries',
  };
}

function headOf(startId: number, markerId: number | null, prefix: readonly number[]): number[] {
  return markerId === null ? [startId, ...prefix] : [startId, markerId, ...prefix];
}

/** head, then as many of `ids` as fit, then the end. A head that leaves no room is cut too. */
function enclose(head: readonly number[], ids: readonly number[], endId: number, lengthMax: number): Int32Array {
  const kept = Math.min(ids.length, Math.max(0, lengthMax - head.length - 1));
  const sequence = new Int32Array(Math.min(head.length, lengthMax - 1) + kept + 1);
  sequence.set(head.slice(0, lengthMax - 1));
  for (let i = 0; i < kept; i++) sequence[head.length + i] = ids[i] ?? endId;
  sequence[sequence.length - 1] = endId;
  return sequence;
}

function expand(sequence: Int32Array, lengthMin: number, id: number | null): Int32Array {
  if (id === null || sequence.length >= lengthMin) return sequence;
  const expanded = new Int32Array(lengthMin).fill(id);
  expanded.set(sequence);
  return expanded;
}

function positions(from: number, to: number): Int32Array {
  return Int32Array.from({ length: Math.max(0, to - from) }, (_, i) => from + i);
}
