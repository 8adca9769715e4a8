import assert from 'node:assert/strict';
import { seededRandom } from '../../../../base/random.js';
import { buildLookupTable, prepareSecond } from '../../../../kernels/codes.js';
import { fullBitmap } from '../../../../vector-index/bitmap.js';
import { MutablePart, SealedPart, type ListsQuery } from '../../../../vector-index/lists/scan-parts.js';
import type { SegmentReader } from '../../../../vector-index/segment/segment-reader.js';
import { plainDocument } from '../fixtures.js';
import { withCoded } from './coded-files.js';
import { nearVector, toyCoder, toyStructure } from './fixtures.js';

const shape = { dim: 8, lists: 12 };
const structure = toyStructure(shape);
const coder = toyCoder(shape);
const random = seededRandom(1);
const documents = Array.from({ length: 900 }, (_, at) =>
  plainDocument(`id${at}`, BigInt(at + 1), { dense: nearVector(random, structure) }),
);
const pause = (): Promise<void> => Promise.resolve();
const bare = { live: null, filter: null };

function queryOf(lists: Uint32Array | null): ListsQuery {
  const query = nearVector(seededRandom(2), structure);
  const table = buildLookupTable(coder.codebook, query);
  return { table, second: prepareSecond(table, query), biases: coder.biases(query, lists) };
}

function scoresByDocId(reader: SegmentReader, rows: Uint32Array, scores: Float64Array): Map<bigint, number> {
  return new Map(
    [...rows].map((row, i) => [reader.docIds[row]!, scores[i]!] as const).sort(([a], [b]) => Number(a - b)),
  );
}

describe('the parts of a scan', () => {
  it('score a row alike in memory and in a file, by first and by both codes', async () => {
    await withCoded(coder, documents, async (mutable, sealed) => {
      const query = queryOf(null);
      const positions = sealed.coding!.positionsOf(null);
      const parts = [
        new MutablePart({ reader: mutable, rowCount: 900, live: null }, mutable.coding!, { selected: null, pause }),
        new SealedPart({ reader: sealed, rowCount: 900, live: null }, sealed.coding!, {
          ...{ positions, bitmaps: bare, ids: sealed.keyRanks },
        }),
      ];
      const [one, other] = await Promise.all(
        parts.map(async (part) => {
          const { rows, scores } = await part.scan(query, 900, -Infinity);
          return {
            first: scoresByDocId(part.segment.reader, rows, scores),
            second: scoresByDocId(part.segment.reader, rows, part.rescore(query, rows)),
          };
        }),
      );
      assert.equal(one!.first.size, 900);
      assert.deepEqual(one, other);
    });
  });

  it('give the best above a threshold, of the lists asked for and the rows that count', async () => {
    await withCoded(coder, documents, async (_, sealed) => {
      const lists = Uint32Array.of(1, 4, 5);
      const query = queryOf(lists);
      const positions = sealed.coding!.positionsOf(lists);
      const live = fullBitmap(900).fill(0b01010101, 0, 60);
      const part = new SealedPart({ reader: sealed, rowCount: 900, live }, sealed.coding!, {
        ...{ positions, bitmaps: { live, filter: null }, ids: sealed.keyRanks },
      });
      const expected = [...sealed.lists.keys()].filter((row) => {
        const isLive = (live[row >>> 3]! & (1 << (row & 7))) !== 0;
        return isLive && lists.includes(sealed.lists[row]!);
      });
      assert.deepEqual([...part.rowsUpTo(900)!], expected);
      assert.equal(part.rowsUpTo(expected.length - 1), null);
      const all = await part.scan(query, 900, -Infinity);
      assert.deepEqual(
        [...all.rows].sort((a, b) => a - b),
        expected,
      );
      const best = await part.scan(query, 5, all.scores[2]!);
      assert.deepEqual([...best.rows], [...all.rows.subarray(0, 3)]);
    });
  });
});
