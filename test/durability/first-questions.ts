/**
 * Indexes with every column that a segment can have, and the questions that read them. An index is opened on a file with one flipped bit, and
 * is asked before any background check has had a turn.
 */
import { closeSync, openSync, readFileSync, readdirSync, readSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { systemClock } from '../../base/clock.js';
import { seededRandom, type Random } from '../../base/random.js';
import type { ListStructure } from '../../vector-index/codebook/list-structure.js';
import type { IndexDocument, RowKeys } from '../../vector-index/document.js';
import { ColumnFile } from '../../vector-index/segment/column-file.js';
import type { ScanQuery } from '../../vector-index/shard-index-calls.js';
import { ShardIndex } from '../../vector-index/shard-index.js';
import { systemFiles } from '../../vector-index/system-files.js';
import { codecs, entryAt, furtherPassage, randomDocument, tokenDim } from '../unit/vector-index/fixtures.js';
import { nearVector, toyStructure } from '../unit/vector-index/lists/fixtures.js';

const dim = 192;
const lists = 16;
const records = 8;
const documentsPerRecord = 250;

/** How vectors lie in an index: scanned one by one, in one list each, or in two. */
export type Lying = 'without lists' | 'in one list' | 'in two lists';

function structureOf(lying: Lying): ListStructure {
  return toyStructure({ dim, lists, hasCopies: lying === 'in two lists' });
}

/** The index of `directory`, made where there is none. */
export function openIndex(directory: string, lying: Lying): Promise<ShardIndex> {
  const structure = lying === 'without lists' ? null : structureOf(lying);
  const limits = { mergeFanIn: 100, tombstoneShareMax: 1 };
  const settings = { dim, tokenDim };
  return ShardIndex.open({
    ...{ directory, settings, codecs, structure, limits },
    ...{ files: systemFiles, clock: systemClock },
  });
}

/** Two segments, one with passages and with more of a column than is checked on the event loop, and some documents that died. */
export async function fillIndex(directory: string, lying: Lying): Promise<void> {
  const random = seededRandom(lists);
  const index = await openIndex(directory, lying);
  for (let record = 0; record < records; record += 1) {
    const documents = Array.from({ length: documentsPerRecord }, (_, at) => documentsOf(random, record, at)).flat();
    index.apply(entryAt('s', BigInt(record + 1)), { documents });
    if (record === records - 2) await index.seal();
  }
  const superseded = Array.from({ length: 30 }, (_, at) => ({ id: `id0-${7 * at}`, docId: 2n ** 60n }));
  index.apply(entryAt('s', BigInt(records + 1)), { superseded });
  await index.seal();
  await index.close();
}

function documentsOf(random: Random, record: number, at: number): IndexDocument[] {
  const list = random.below(lists);
  const docId = BigInt(4096 * (record + 1) + at);
  const plain = randomDocument(random, `id${record}-${at}`, docId, list);
  const dense = random.below(12) === 0 ? null : nearVector(random, structureOf('in one list'));
  const document = { ...plain, dense, elsewhere: random.below(3) };
  if (record === records - 1 || at % 40 !== 0) return [document];
  return [document, furtherPassage(document, 1, { dense: nearVector(random, structureOf('in one list')), start: 5 })];
}

/** What is asked, by name; answers are equal in every bit where the index is. */
export type Question = readonly [name: string, ask: (index: ShardIndex) => unknown];

/** `random` chooses the queries. */
export function questionsOf(random: Random): readonly Question[] {
  const query = nearVector(random, structureOf('in one list'));
  const sparse = { termIds: Uint32Array.of(3, 11, 27), factors: Float32Array.of(1, 0.5, 2) };
  const queryTokens = Float32Array.from({ length: 3 * tokenDim }, () => random.normal());
  const scan = (fields: Partial<ScanQuery>) => (index: ShardIndex) =>
    index.scan({ dense: null, sparse: null, k: 10, selection: { lists: null, filter: null }, ...fields });
  const some = Uint32Array.from({ length: 4 }, (_, at) => (random.below(4) + 4 * at) % lists);
  const keys: RowKeys = {
    docIds: BigUint64Array.from({ length: 40 }, () => BigInt(4096 * (random.below(records) + 1) + random.below(250))),
    passages: null,
  };
  const after = BigInt(random.below(30_000));
  return [
    ['some lists', scan({ dense: query, selection: { lists: some, filter: null } })],
    ['all lists', scan({ dense: query })],
    ['exactly', scan({ dense: query, isExact: true })],
    ['both stages', scan({ dense: query, sparse })],
    ['words', scan({ sparse })],
    ['many', scan({ dense: query, k: 300 })],
    ['scores', (index) => index.score(keys, { dense: query, sparse, queryTokens, matches: true })],
    ['documents', (index) => index.fetch(keys)],
    ['pages', (index) => index.scroll(after, 20)],
    ['rows', (index) => index.listRows(0n, 3_000)],
    ['frequencies', (index) => index.statistics(sparse.termIds)],
    ['a sample', (index) => index.sampleVectors(100, seededRandom(1))],
    ['samples of lists', (index) => index.sampleLists(some, { count: 20, random: seededRandom(1) })],
    ['everything', (index) => index.contentHash()],
  ];
}

/** A part of a segment's file; `name` is that of a column, or null between columns and around them. */
export interface FilePart {
  readonly path: string;
  readonly name: string | null;
  readonly from: number;
  readonly bytes: number;
}

/** All columns with bytes of all segments of `directory`, and what lies around them. */
export function partsOf(directory: string): FilePart[] {
  const segments = readdirSync(directory).filter((name) => name.endsWith('.segment'));
  return segments.flatMap((file) => {
    const path = join(directory, file);
    const bytes = new Uint8Array(readFileSync(path));
    const { columns, directoryOffset } = new ColumnFile(path, bytes).layout;
    const named = columns
      .filter((column) => column.bytes > 0)
      .map((column) => ({ path, name: column.name, from: column.offset, bytes: column.bytes }));
    const around = [
      { path, name: null, from: 0, bytes: 64 },
      { path, name: null, from: directoryOffset, bytes: bytes.length - directoryOffset },
    ];
    return [...named, ...around];
  });
}

/** Turns over one bit of `part`, and back when it is called again with the same place. */
export function flipBit({ path }: FilePart, { byte, bit }: { readonly byte: number; readonly bit: number }): void {
  const descriptor = openSync(path, 'r+');
  const one = Buffer.alloc(1);
  readSync(descriptor, one, 0, 1, byte);
  one[0] = one[0]! ^ (1 << bit);
  writeSync(descriptor, one, 0, 1, byte);
  closeSync(descriptor);
}
