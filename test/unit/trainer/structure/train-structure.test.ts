import assert from 'node:assert/strict';
import { seededRandom } from '../../../../base/random.js';
import { buildLookupTable, encodeVectors, packList, scanLists } from '../../../../kernels/codes.js';
import { assignNearest } from '../../../../kernels/kernels.js';
import { trainStructure, type TrainedStructure } from '../../../../trainer/structure/train-structure.js';
import { readListCodebookFile, writeListCodebookFile } from '../../../../vector-index/codebook/list-codebook.js';
import { cloudsOf } from './clouds.js';

const data = cloudsOf({ dim: 32, clouds: 12, vectors: 3_000, queries: 400 });
const train = (seed = 3, queries: Float32Array | null = null): TrainedStructure =>
  trainStructure({ ...data, queries }, { lists: 24, random: seededRandom(seed) });

/** Share of the exact ten nearest among the first ten of a scan of all codes. */
function recallOf({ structure, codebook }: TrainedStructure, queries: Float32Array): number {
  const { dim, vectors } = data;
  const { assignments } = assignNearest(vectors, structure.centroids, dim);
  const lists = [...new Set(assignments)].sort((a, b) => a - b);
  const packed = lists.map((list) => {
    const rows = [...assignments.keys()].filter((row) => assignments[row] === list);
    const points = Float32Array.from(rows.flatMap((row) => [...vectors.subarray(row * dim, (row + 1) * dim)]));
    const of = (table: Float32Array): Float32Array => table.subarray(list * dim, (list + 1) * dim);
    const coded = encodeVectors(codebook, points, { base: of(codebook.bases), anchor: of(codebook.anchors) });
    return { list, rows, blocks: packList(codebook.subquantizers, coded) };
  });
  let right = 0;
  for (let q = 0; q < queries.length / dim; q++) {
    const query = queries.subarray(q * dim, (q + 1) * dim);
    const exact = best(scoresOf(vectors, query));
    const found = packed.flatMap(({ list, rows, blocks }) => {
      const bias = scoresOf(codebook.bases.subarray(list * dim, (list + 1) * dim), query)[0]!;
      const lists = {
        codes: blocks,
        offsets: BigUint64Array.of(0n),
        counts: Uint32Array.of(rows.length),
        firsts: Uint32Array.of(0),
      };
      const asked = {
        table: buildLookupTable(codebook, query),
        biases: Float64Array.of(bias),
        wanted: 10,
        threshold: -Infinity,
      };
      const [answer] = scanLists({ lists, live: null, filter: null, ids: null, queries: [asked] });
      return Array.from(answer!.positions, (position, i) => ({ row: rows[position]!, score: answer!.scores[i]! }));
    });
    const ten = found.sort((a, b) => b.score - a.score).slice(0, 10);
    right += ten.filter(({ row }) => exact.includes(row)).length;
  }
  return right / 10 / (queries.length / dim);
}

function scoresOf(rows: Float32Array, query: Float32Array): number[] {
  return Array.from({ length: rows.length / query.length }, (_, row) =>
    query.reduce((sum, value, j) => sum + value * rows[row * query.length + j]!, 0),
  );
}

function best(scores: readonly number[]): number[] {
  return [...scores.keys()].sort((a, b) => scores[b]! - scores[a]!).slice(0, 10);
}

describe('training a structure', () => {
  it('depends on its sample and seed alone', () => {
    const bytes = ({ codebook }: TrainedStructure): Uint8Array => writeListCodebookFile(codebook);
    assert.deepEqual(bytes(train(3)), bytes(train(3)));
    assert.deepEqual(train(3).structure, train(3).structure);
    assert.notDeepEqual(bytes(train(3)), bytes(train(4)));
  });

  it('makes a codebook that can be written and read', () => {
    const { codebook } = train();
    assert.deepEqual(readListCodebookFile(writeListCodebookFile(codebook)), codebook);
  });

  it('finds most neighbours by the first code, and more with anchors where queries are far', () => {
    const [asked, others] = [data.queries.subarray(0, 60 * data.dim), data.queries.subarray(60 * data.dim)];
    const [without, withQueries] = [recallOf(train(), asked), recallOf(train(3, others), asked)];
    assert.ok(without > 0.4, `recall ${without}`);
    assert.ok(withQueries > without, `recall ${withQueries} with anchors, ${without} without`);
  });

  it('names lists around each where vectors lie in two', () => {
    const { around } = trainStructure(data, { lists: 24, random: seededRandom(3), copies: 2 }).structure;
    assert.equal(around?.length, 24 * 23);
    assert.equal(train(3).structure.around, undefined);
    const one = trainStructure({ ...data, queries: null }, { lists: 1, random: seededRandom(3), copies: 2 });
    assert.equal(one.structure.around, undefined);
  });

  it('feeds errors of rounding back from five bits of second codes on', () => {
    const trained = (secondBits: number) =>
      trainStructure({ ...data, queries: null }, { lists: 8, random: seededRandom(3), secondBits }).codebook;
    for (const bits of [1, 4]) assert.equal(trained(bits).feedback, undefined);
    for (const bits of [5, 8]) {
      const { feedback, subquantizers, dsub } = trained(bits);
      assert.equal(feedback?.length, subquantizers * dsub * 2 * 64);
      assert.ok(feedback.some((value) => value !== 0));
    }
  });

  it('takes the list’s mean for an anchor without queries', () => {
    const { codebook } = train();
    codebook.anchors.forEach((value, i) => assert.ok(Math.abs(value - codebook.bases[i]!) < 1e-6));
  });

  it('says how far it is', () => {
    const heard: string[] = [];
    const onProgress = (step: string, share: number): void => void heard.push(`${step} ${share >= 1}`);
    trainStructure({ ...data, queries: null }, { lists: 8, random: seededRandom(1), onProgress });
    for (const step of ['lists true', 'anchors true', 'words true']) assert.ok(heard.includes(step), step);
  });

  it('stops within a piece of work once it is told to', () => {
    let steps = 0;
    const controller = new AbortController();
    const onProgress = (): void => {
      if (++steps === 3) controller.abort();
    };
    const options = { lists: 8, random: seededRandom(1), signal: controller.signal, onProgress };
    assert.throws(() => trainStructure({ ...data, queries: null }, options), { code: 'CANCELLED' });
    assert.equal(steps, 3);
  });
});

describe('training a structure on awkward vectors', () => {
  const trainOn = (dim: number, vectors: Float32Array, lists: number): TrainedStructure =>
    trainStructure({ dim, vectors, queries: null }, { lists, random: seededRandom(2) });
  const isFinite = ({ structure, codebook }: TrainedStructure): boolean =>
    [structure.centroids, codebook.words, codebook.bases, codebook.anchors].every((table) =>
      table.every(Number.isFinite),
    );

  it('makes fewer lists where there are fewer vectors', () => {
    const { structure, codebook } = trainOn(32, data.vectors.subarray(0, 5 * 32), 64);
    assert.ok(structure.centroids.length <= 5 * 32 && codebook.bases.length === structure.centroids.length);
  });

  it('makes one list of thousands of equal vectors', () => {
    const row = data.vectors.subarray(0, 32);
    const trained = trainOn(
      32,
      Float32Array.from({ length: 4_000 * 32 }, (_, i) => row[i % 32]!),
      16,
    );
    assert.equal(trained.structure.centroids.length, 32);
    assert.ok(isFinite(trained));
  });

  it('takes zero vectors among others, and nothing but zero vectors', () => {
    const some = data.vectors.slice(0, 400 * 32).fill(0, 0, 100 * 32);
    assert.ok(isFinite(trainOn(32, some, 8)));
    assert.ok(isFinite(trainOn(32, new Float32Array(50 * 32), 8)));
  });

  it('takes one dimension, and 4,096', () => {
    const line = trainOn(
      1,
      Float32Array.from({ length: 300 }, (_, i) => (i - 150) / 150),
      4,
    );
    assert.deepEqual([line.codebook.subquantizers, line.codebook.dsub, line.codebook.words.length], [1, 4, 64]);
    const random = seededRandom(9);
    const wide = trainOn(
      4_096,
      Float32Array.from({ length: 60 * 4_096 }, () => random.normal()),
      3,
    );
    assert.deepEqual([wide.codebook.subquantizers, wide.codebook.dsub], [512, 8]);
    assert.ok(isFinite(line) && isFinite(wide));
  });

  it('refuses what is no number, too large, or not there, and says where', () => {
    const broken = (value: number): Float32Array => {
      const vectors = data.vectors.slice(0, 10 * 32);
      vectors[3 * 32 + 5] = value;
      return vectors;
    };
    for (const value of [NaN, Infinity, 1e5]) {
      assert.throws(() => trainOn(32, broken(value), 2), {
        code: 'INVALID_ARGUMENT',
        message: /vector 3 has the value .* at 5/,
      });
    }
    assert.throws(() => trainOn(32, new Float32Array(0), 2), { code: 'INVALID_ARGUMENT', message: /no vectors/ });
    assert.throws(() => trainOn(32, new Float32Array(33), 2), { code: 'INVALID_ARGUMENT', message: /whole rows/ });
    const long = { code: 'INVALID_ARGUMENT', message: /dim is 32769; vectors that can be coded have 1 to 32768/ };
    assert.throws(() => trainOn(32_769, new Float32Array(32_769), 1), long);
    assert.throws(() => trainOn(32, broken(0), 0), { code: 'INVALID_ARGUMENT', message: /0 lists/ });
  });
});
