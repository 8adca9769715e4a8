/** What the tests of the index share: seeded documents of every shape, temporary directories, and a plain model of an index. */
import { join } from 'node:path';
import { systemClock } from '../../../base/clock.js';
import type { Random } from '../../../base/random.js';
import type { AttributeValue, IndexDocument, TokenTables } from '../../../vector-index/document.js';
import { Slices } from '../../../vector-index/maintenance/slices.js';
import { MutableSegment } from '../../../vector-index/segment/mutable-segment.js';
import { SealedSegment } from '../../../vector-index/segment/sealed-segment.js';
import { SegmentState, type MutableState } from '../../../vector-index/segment/segment-state.js';
import type { AppliedRecord } from '../../../vector-index/shard-index-calls.js';
import { writeSegment } from '../../../vector-index/segment/write-segment.js';
import { inFolder } from '../../temporary-folder.js';
import { systemFiles } from '../../../vector-index/system-files.js';

export const dim = 16;
export const tokenDim = 8;
export const settings = { dim, tokenDim };
export const writingParts = { files: systemFiles, slices: new Slices(systemClock) };
export const codecVersion = 'codec-a';

/** Four centroids and two bits in eight dimensions. */
export const tables: TokenTables = {
  centroids: Float32Array.from({ length: 4 * tokenDim }, (_, at) => ((at * 7) % 11) / 11 - 0.5),
  weights: Float32Array.of(-0.3, -0.1, 0.1, 0.3),
  nbits: 2,
  dim: tokenDim,
};

export function codecs(version: string): TokenTables | null {
  return version === codecVersion ? tables : null;
}

export function vector(random: Random, size: number): Float32Array {
  // Eighths are exact in fp16, and sums of their products in float32: scores do not depend on the order of summation.
  return Float32Array.from({ length: size }, () => (random.below(17) - 8) / 8);
}

/** What a document of one passage has. */
export const whole = { passage: 0, start: 0, end: 0, contentHash: 0n };

/** A bare document of one passage with `fields`. */
export function plainDocument(id: string, docId: bigint, fields: Partial<IndexDocument> = {}): IndexDocument {
  const empty = { title: null, attributes: {}, list: 0, dense: null, terms: null, tokens: null };
  return { ...whole, docId, id, text: `text of ${id}`, home: fields.list ?? 0, ...empty, ...fields };
}

/** Passage number `passage` of a document: its vector and nothing else. */
export function furtherPassage(
  document: IndexDocument,
  passage: number,
  fields: Partial<IndexDocument> = {},
): IndexDocument {
  return { ...document, title: null, text: '', terms: null, tokens: null, passage, ...fields };
}

/** A record of the log. */
export function entryAt(subject: string, sequence: bigint, timeMs = 0): AppliedRecord {
  return { subject, sequence, timeMs };
}

/** A document with random content; `id` and `docId` as given. */
export function randomDocument(random: Random, id: string, docId: bigint, list = random.below(5)): IndexDocument {
  const termIds = Uint32Array.from(new Set(Array.from({ length: random.below(12) }, () => random.below(40)))).sort();
  return {
    ...whole,
    docId,
    id,
    contentHash: BigInt(random.below(1000)),
    home: list,
    title: random.below(3) === 0 ? null : `Titel ${random.below(1000)} – „ß“`,
    text: 'wörd '.repeat(random.below(30)),
    attributes: randomAttributes(random),
    list,
    dense: random.below(8) === 0 ? null : vector(random, dim),
    terms:
      random.below(8) === 0
        ? null
        : { termIds, weights: termIds.length === 0 ? new Float32Array(0) : weights(random, termIds.length) },
    tokens: randomTokens(random),
  };
}

function weights(random: Random, size: number): Float32Array {
  return Float32Array.from({ length: size }, () => (1 + random.below(8)) / 8);
}

function randomAttributes(random: Random): Record<string, AttributeValue> {
  const all: [string, AttributeValue][] = [
    ['name', `näme ${random.below(9)}`],
    ['year', BigInt(random.below(3000)) - 1000n],
    ['price', random.unit()],
    ['sold', random.below(2) === 0],
    ['at', new Date(1_600_000_000_000 + random.below(1_000_000))],
    ['tags', Array.from({ length: random.below(3) }, (_, at) => `tag${at}`)],
    ['numbers', [1n, -2n, BigInt(random.below(100))]],
    ['flags', [true, false]],
    ['__proto__', 'a plain name'],
  ];
  return Object.fromEntries(all.filter(() => random.below(2) === 0));
}

function randomTokens(random: Random): IndexDocument['tokens'] {
  const kind = random.below(6);
  if (kind === 0) return null;
  const count = random.below(5);
  if (kind === 1) {
    const bits = Uint16Array.from({ length: count * tokenDim }, () => 0x3000 + random.below(0x0c00));
    return { count, rows: new Uint8Array(bits.buffer), codec: '' };
  }
  const rows = new Uint8Array(count * (4 + (tokenDim * tables.nbits) / 8));
  const view = new DataView(rows.buffer);
  for (let row = 0; row < count; row += 1) {
    view.setUint16(2 * row, random.below(4), true);
    view.setUint16(2 * count + 2 * row, 0x3c00, true);
  }
  for (let at = 4 * count; at < rows.length; at += 1) rows[at] = random.below(256);
  return { count, rows, codec: codecVersion };
}

/** What an index ought to hold: the newest version of every id that is not superseded. */
export class IndexModel {
  readonly documents = new Map<string, IndexDocument>();
  readonly #superseded = new Map<string, bigint>();

  upsert(document: IndexDocument): void {
    if ((this.#superseded.get(document.id) ?? 0n) > document.docId) return;
    const known = this.documents.get(document.id);
    if (known === undefined || known.docId < document.docId) this.documents.set(document.id, document);
  }

  supersede(id: string, docId: bigint): void {
    const before = this.#superseded.get(id) ?? 0n;
    this.#superseded.set(id, docId > before ? docId : before);
    const known = this.documents.get(id);
    if (known !== undefined && known.docId < docId) this.documents.delete(id);
  }

  get sorted(): IndexDocument[] {
    return [...this.documents.values()].sort((left, right) => (left.docId < right.docId ? -1 : 1));
  }

  /** docIds and scores, best first, of the documents for which `score` is a number. */
  best(k: number, score: (document: IndexDocument) => number | null): { docIds: bigint[]; scores: number[] } {
    const scored = this.sorted.map((document) => ({ docId: document.docId, score: score(document) }));
    const found = scored.filter((entry): entry is { docId: bigint; score: number } => entry.score !== null);
    found.sort((left, right) => right.score - left.score || (left.docId < right.docId ? -1 : 1));
    const top = found.slice(0, k);
    return { docIds: top.map(({ docId }) => docId), scores: top.map(({ score: value }) => value) };
  }
}

export function dot(left: Float32Array, right: Float32Array): number {
  return left.reduce((sum, value, at) => sum + value * right[at]!, 0);
}

/** A mutable segment with `documents` in the order given. */
export function mutableOf(documents: readonly IndexDocument[], hash: (id: string) => bigint): MutableSegment {
  const segment = new MutableSegment(dim);
  for (const document of documents) segment.add(document, hash(document.id));
  return segment;
}

/** A stand-in for the real hash, quick to make and with collisions in its upper half. */
export function weakHash(id: string): bigint {
  return [...id].reduce((sum, letter) => sum + BigInt(letter.charCodeAt(0)), 0n) << 31n;
}

/** Writes `documents` as one sealed segment and calls `work` with it; closed and removed afterwards. */
export function withSealed<T>(
  documents: readonly IndexDocument[],
  work: (segment: SealedSegment, path: string) => T | Promise<T>,
): Promise<T> {
  return inFolder(async (directory) => {
    const path = join(directory, 'one.segment');
    const source = { reader: mutableOf(documents, weakHash), rowCount: documents.length, live: null };
    await writeSegment(path, [source], settings, writingParts);
    const segment = SealedSegment.open(systemFiles, path);
    try {
      return await work(segment, path);
    } finally {
      segment.close();
    }
  });
}

/** `count` documents with ids `id0` … and ascending docIds. */
export function randomDocuments(random: Random, count: number): IndexDocument[] {
  return Array.from({ length: count }, (_, at) =>
    randomDocument(random, `id${at}`, BigInt(at + 1) * 4096n + BigInt(at)),
  );
}

/** A mutable segment's state with `documents` in the order given, all living. */
export function stateOf(documents: readonly IndexDocument[]): MutableState {
  const state = new SegmentState(new MutableSegment(dim), null);
  for (const document of documents) state.revive(state.reader.add(document, weakHash(document.id)));
  return state;
}
