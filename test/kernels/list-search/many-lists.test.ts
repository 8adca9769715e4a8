/** The choice of a few lists out of thousands, where the best are gathered by a score that a sample of all says is likely theirs. */
import assert from 'node:assert/strict';
import { codebookOf } from '../coded.js';
import { normals, testRandom } from '../pair.js';
import { agree, type Index } from './fixtures.js';

const [dim, lists] = [32, 3_001];
const query = normals(testRandom(), dim, dim);
/** Of every how many lists the sample takes one. */
const step = Math.floor(lists / 256);

/** Lists without vectors around `centroids`. */
function around(centroids: Float32Array): Index {
  const words = codebookOf(testRandom(), { subquantizers: dim / 4, dsub: 4 });
  return { dim, dsub: 4, lists, words, bases: new Float32Array(lists * dim), centroids, isRouted: true, columns: [] };
}

/** A centroid a list, the query itself made as long as `length` says. */
function alongQuery(length: (list: number) => number): Index {
  const centroids = new Float32Array(lists * dim);
  for (let list = 0; list < lists; list++) {
    for (let j = 0; j < dim; j++) centroids[list * dim + j] = length(list) * query[j]!;
  }
  return around(centroids);
}

/** The probes of one query, by centroids alone and by their codes first: with more candidates than probes, and with as many. */
async function probesOf(index: Index, nprobe: number): Promise<number[][]> {
  const found: number[][] = [];
  for (const candidates of [lists, Math.min(2 * nprobe, lists), nprobe]) {
    found.push([...(await agree(index, { nprobe, candidates, last: 1 })).probes]);
  }
  return found;
}

const upTo = (count: number): number[] => Array.from({ length: count }, (_, i) => i);

describe('a few of three thousand lists', () => {
  for (const nprobe of [1, 25, 144, 1_000, lists]) {
    it(`are the ${nprobe} nearest, the same for every set of kernels`, async () => {
      const centroids = normals(testRandom(), lists * dim, dim);
      const products = upTo(lists).map((list) =>
        query.reduce((sum, value, j) => sum + value * centroids[list * dim + j]!, 0),
      );
      const [exact] = await probesOf(around(centroids), nprobe);
      const least = Math.min(...exact!.map((list) => products[list]!));
      const better = products.filter((product) => product > least + 1e-6).length;
      assert.ok(better < nprobe && new Set(exact).size === nprobe);
    });
  }

  it('are found where the sample has none of them', async () => {
    const index = alongQuery((list) => (list % step === 0 ? 0.1 : 1 + list / lists));
    const nearest = upTo(lists).reverse().filter((list) => list % step !== 0); // prettier-ignore
    const [exact] = await probesOf(index, 40);
    assert.deepEqual(exact, nearest.slice(0, 40));
  });

  it('are found where the sample has nothing else, and so asks for more than enough lists have', async () => {
    const index = alongQuery((list) => (list % step === 0 && list < 9 * step ? 2 : 1 - list / lists / 2));
    const [exact] = await probesOf(index, 40);
    const sampled = upTo(9).map((i) => i * step);
    assert.deepEqual(exact, [...sampled, ...upTo(lists).filter((list) => !sampled.includes(list))].slice(0, 40));
  });

  it('are the first by number where all are equal', async () => {
    for (const found of await probesOf(alongQuery(() => 1), 40)) assert.deepEqual(found, upTo(40)); // prettier-ignore
  });

  it('are one list twenty times where that is asked for', async () => {
    const given = new Array<number>(20).fill(5);
    const { probes } = await agree(around(normals(testRandom(), lists * dim, dim)), {
      nprobe: 20,
      probes: given,
      last: 1,
    });
    assert.deepEqual([...probes], given);
  });

  it('are never those of which nothing is known', async () => {
    const index = { ...alongQuery((list) => (list % 2 === 0 ? NaN : list)), isRouted: false };
    const { probes } = await agree(index, { nprobe: 40, candidates: lists, last: 1 });
    assert.deepEqual([...probes], upTo(40).map((i) => lists - 2 - 2 * i)); // prettier-ignore
  });

  it('are nearly the same by codes of centroids', async () => {
    const [exact, compared, coded] = await probesOf(around(normals(testRandom(), lists * dim, dim)), 25);
    const shared = (found: number[]): number => found.filter((list) => exact!.includes(list)).length;
    assert.ok(shared(compared!) >= 22 && shared(coded!) >= 20, `${shared(compared!)} and ${shared(coded!)} of 25`);
  });

  it('are the same for queries of one call', async () => {
    const index = around(normals(testRandom(), lists * dim, dim));
    for (const queries of [3, 16, 37]) await agree(index, { queries, nprobe: 30, candidates: 30, last: 1 });
  });
});
