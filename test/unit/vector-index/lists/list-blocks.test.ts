import assert from 'node:assert/strict';
import { seededRandom } from '../../../../base/random.js';
import { codeBytes, listBytes, packList, type CodedVectors } from '../../../../kernels/codes.js';
import { ListBlocks } from '../../../../vector-index/lists/list-blocks.js';

const subquantizers = 6;
const bytes = codeBytes(subquantizers);
const random = seededRandom(1);
/** Vectors of the lists numbered so, others having none. */
const counts = new Map([
  [2, 3],
  [5, 70],
  [9, 1],
]);
const lists = [...counts].map(([number, count]) => ({ number, count, coded: randomCodes(count) }));

function randomCodes(count: number): CodedVectors {
  return {
    codes: Uint8Array.from({ length: count * bytes }, () => random.below(256)),
    factors: Int16Array.from({ length: 2 * count }, () => random.below(60_000) - 30_000),
  };
}

function blocks(): ListBlocks {
  const sizes = lists.map(({ count }) => listBytes(subquantizers, count));
  const starts = sizes.map((_, at) => sizes.slice(0, at).reduce((sum, size) => sum + size, 0));
  const columns = {
    numbers: Uint32Array.from(lists, ({ number }) => number),
    firsts: Uint32Array.of(0, 3, 73),
    offsets: BigUint64Array.from(starts, BigInt),
    codes: Uint8Array.from(lists.flatMap(({ coded }) => [...packList(subquantizers, coded)])),
  };
  return new ListBlocks(columns, 74, subquantizers);
}

describe('lists of codes in a file', () => {
  it('have the codes of each vector where they say', () => {
    const read = blocks();
    assert.equal(read.isWhole, true);
    for (const { number, count, coded } of [...lists, ...lists].reverse()) {
      const places = Uint32Array.from({ length: count }, (_, i) => count - 1 - i);
      const into = { codes: new Uint8Array(count * bytes), factors: new Int16Array(2 * count) };
      read.read(number, places, into);
      places.forEach((place, i) => {
        const own = coded.codes.subarray(place * bytes, (place + 1) * bytes);
        assert.deepEqual(into.codes.subarray(i * bytes, (i + 1) * bytes), own);
        const factors = coded.factors.subarray(2 * place, 2 * place + 2);
        assert.deepEqual(into.factors.subarray(2 * i, 2 * i + 2), factors);
      });
    }
  });

  it('are found by number and by position', () => {
    const read = blocks();
    assert.deepEqual([0, 2, 3, 5, 9, 10].map((list) => read.at(list)), [-1, 0, -1, 1, 2, -1]); // prettier-ignore
    assert.deepEqual([0, 2, 3, 72, 73].map((position) => read.listOf(position)), [2, 2, 5, 5, 9]); // prettier-ignore
  });

  it('are as many as a structure has, one behind the other', () => {
    const all = blocks().all(11);
    assert.deepEqual([...all.counts], [0, 0, 3, 0, 0, 70, 0, 0, 0, 1, 0]);
    assert.deepEqual([...all.firsts], [0, 0, 0, 3, 3, 3, 73, 73, 73, 73, 74]);
  });

  it('are not whole where a column is too short', () => {
    const columns = { numbers: new Uint32Array(2), firsts: new Uint32Array(2), codes: new Uint8Array(0) };
    assert.equal(new ListBlocks({ ...columns, offsets: new BigUint64Array(1) }, 4, subquantizers).isWhole, false);
  });
});
