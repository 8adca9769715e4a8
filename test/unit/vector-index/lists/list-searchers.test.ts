import assert from 'node:assert/strict';
import { setTimeout as later } from 'node:timers/promises';
import { seededRandom } from '../../../../base/random.js';
import { fullBitmap } from '../../../../vector-index/bitmap.js';
import type { ListCoder } from '../../../../vector-index/lists/list-coder.js';
import { ListSearchers, type FoundRows, type SharedSearcher } from '../../../../vector-index/lists/list-searchers.js';
import type { SegmentReader } from '../../../../vector-index/segment/segment-reader.js';
import { plainDocument } from '../fixtures.js';
import { codedMutable, withCoded } from './coded-files.js';
import { nearVector, toyCoder, toyStructure } from './fixtures.js';

const shape = { dim: 8, lists: 12 };
const structure = toyStructure(shape);
const coder = toyCoder(shape);
const copied = toyCoder({ ...shape, hasCopies: true });
const random = seededRandom(1);
const documents = Array.from({ length: 900 }, (_, at) =>
  plainDocument(`id${at}`, BigInt(at + 1), { dense: nearVector(random, structure) }),
);
const query = nearVector(seededRandom(2), structure);
const lists = Uint32Array.of(1, 4, 5, 11);

/** The room of a growing segment behind its rows is filtered out. */
function filterOf(searcher: SharedSearcher, at: number, rowCount: number): Uint8Array {
  const bits = new Uint8Array(searcher.room(at) >>> 3);
  bits.set(fullBitmap(rowCount));
  return bits;
}

function ask(searcher: SharedSearcher, filters: readonly (Uint8Array | null)[], more: object = {}): Promise<FoundRows> {
  const question = { query, lists, filters, vectors: 0, wanted: 200, k: 40, signal: undefined };
  return searcher.search({ ...question, ...more });
}

function docIdsOf(readers: readonly SegmentReader[], { segments, rows }: FoundRows): bigint[] {
  return Array.from(rows, (row, i) => readers[segments[i]!]!.docIds[row]!);
}

describe('the searchers of an index', () => {
  for (const of of [coder, copied]) itFindsTheSame(of);

  it('are kept until segments change or a growing one needs more room', () => {
    const searchers = new ListSearchers();
    const growing = codedMutable(coder, documents.slice(0, 60));
    const first = searchers.acquire(coder, [growing])!;
    for (const { document, code } of [documents[60]!].map((document) => ({ document, code: null })))
      growing.add({ ...document, dense: null }, 1n, code);
    assert.equal(searchers.acquire(coder, [growing]), first);
    while (growing.rowCount <= 64) growing.add(plainDocument('more', BigInt(growing.rowCount + 100)), 1n);
    const second = searchers.acquire(coder, [growing])!;
    assert.notEqual(second, first);
    assert.notEqual(searchers.acquire(coder, [growing, codedMutable(coder, documents.slice(0, 5))]), second);
    assert.notEqual(searchers.acquire(toyCoder(shape), [growing]), second);
  });

  it('keep where rows moved to by coder, whoever asks for another one meanwhile', () => {
    const searchers = new ListSearchers();
    const [former, next] = [toyCoder(shape), toyCoder(shape)];
    const moved = searchers.movedRows(next);
    assert.notEqual(searchers.movedRows(former), moved);
    assert.equal(searchers.movedRows(next), moved);
  });

  it('serve whoever acquired them also when they were closed, and nobody afterwards', async () => {
    const searchers = new ListSearchers();
    const reader = codedMutable(coder, documents);
    const searcher = searchers.acquire(coder, [reader])!;
    searchers.close();
    const filters = [filterOf(searcher, 0, 900)];
    const found = await ask(searcher, filters);
    const running = ask(searcher, filters, { vectors: 1_000_000 });
    searcher.release();
    assert.deepEqual(await running, found);
    await assert.rejects(ask(searcher, filters), /closed/);
    const next = searchers.acquire(coder, [reader])!;
    assert.deepEqual(await ask(next, filters), found);
  });

  it('give up when the signal aborts, and use what a search was given up with no more', async () => {
    const reader = codedMutable(coder, documents);
    const searcher = new ListSearchers().acquire(coder, [reader])!;
    const filters = [filterOf(searcher, 0, 900)];
    const found = await ask(searcher, filters);
    await assert.rejects(ask(searcher, filters, { signal: AbortSignal.abort(new Error('gone')) }), /gone/);
    const stop = new AbortController();
    const searches = Array.from({ length: 8 }, () =>
      ask(searcher, filters, { vectors: 1_000_000, signal: stop.signal }).then(
        () => 'found',
        ({ code }: { code: string }) => code,
      ),
    );
    stop.abort();
    assert.ok((await Promise.all(searches)).includes('CANCELLED'));
    for (let round = 0; round < 5; round += 1) {
      assert.deepEqual(await ask(searcher, filters, { vectors: 20_000 }), found);
      await later(0);
    }
  });

  it('are not to be had where passages come with docIds that leave no room for their numbers', () => {
    const searchers = new ListSearchers();
    const far = plainDocument('far', 2n ** 60n, { dense: query });
    const plain = codedMutable(coder, [far]);
    const parted = codedMutable(coder, [plainDocument('a', 1n), { ...plainDocument('a', 1n), passage: 1 }]);
    assert.notEqual(searchers.acquire(coder, [plain]), null);
    assert.notEqual(searchers.acquire(coder, [parted]), null);
    assert.equal(searchers.acquire(coder, [plain, parted]), null);
  });
});

function itFindsTheSame(of: ListCoder): void {
  const times = of.hasCopies ? 'twice' : 'once';
  it(`find the same ${times} in lists in memory, in a file and in both, by one thread and by several`, async () => {
    await withCoded(of, documents, async (mutable, sealed) => {
      const [half, rest] = [documents.slice(0, 500), documents.slice(500)].map((part) => codedMutable(of, part));
      const found: bigint[][] = [];
      for (const readers of [[mutable], [sealed], [half!, rest!]]) {
        const searcher = new ListSearchers().acquire(of, readers)!;
        const filters = readers.map((reader, at) =>
          reader === sealed ? null : filterOf(searcher, at, reader.rowCount),
        );
        for (const vectors of [0, 20_000, 1_000_000])
          found.push(docIdsOf(readers, await ask(searcher, filters, { vectors })));
        searcher.release();
      }
      assert.equal(found[0]!.length, 40);
      assert.equal(new Set(found[0]).size, 40);
      for (const other of found) assert.deepEqual(other, found[0]);
    });
  });
}
