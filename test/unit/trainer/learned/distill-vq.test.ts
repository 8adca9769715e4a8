import assert from 'node:assert/strict';
import { seededRandom } from '../../../../base/random.js';
import { CodedDocuments } from '../../../../trainer/learned/coded-documents.js';
import { distillVq, type DistillOptions } from '../../../../trainer/learned/distill-vq.js';
import { refuseOther } from '../../../../vector-index/codebook/learned-parameters.js';
import { smallCollection } from './small-collection.js';
import { stoppedAfter } from './stopped-fit.js';

const { dim, vectors, queries, structure } = smallCollection();
const distill = (seed: number, options: Partial<DistillOptions> = {}, asked: Float32Array | null = queries) =>
  distillVq({ structure, vectors, queries: asked }, { random: seededRandom(seed), steps: 180, width: 60, ...options });

describe('Distill-VQ', function () {
  this.timeout(60_000);

  for (const seed of [1, 2])
    it(`finds more of the exact neighbours of queries that were held out, codes as they are, by seed ${seed}`, () => {
      const { parameters, before, after, judgedBy } = distill(seed);
      assert.ok(after.at10 > before.at10 + 0.01, `${before.at10} before, ${after.at10} after`);
      assert.ok(after.at100 >= before.at100 - 0.01);
      assert.equal(judgedBy, 150);
      refuseOther(parameters!, structure);
      assert.equal(parameters!.adapter!.length, dim * dim);
    });

  it('learns from documents alone, never to the worse', () => {
    const { before, after, parameters } = distill(3, {}, null);
    assert.ok(after.at10 >= before.at10);
    assert.equal(parameters === null, after.at10 === before.at10);
  });

  it('gains nothing from a shuffled teacher, and keeps what there was', () => {
    const random = seededRandom(5);
    const teacher = (_query: Float32Array, rows: Uint32Array) => Float32Array.from(rows, () => random.normal() / 20);
    const { parameters, before, after, curve } = distill(1, { teacher });
    assert.equal(parameters, null);
    assert.deepEqual(after, before);
    assert.ok(curve.length > 0);
  });

  it('gives the same parameters for the same seed, whoever coded the documents', () => {
    const [first, second] = [7, 7].map((seed) => distill(seed, { steps: 60 }));
    assert.deepEqual(first, second);
    const documents = new CodedDocuments(structure, vectors);
    const options = { random: seededRandom(7), steps: 60, width: 60 };
    assert.deepEqual(distillVq({ structure, vectors, documents, queries }, options), first);
  });

  for (const [who, asked] of [
    ['queries', queries],
    ['documents', null],
  ] as const)
    it(`that is stopped and gone on with gives the same in every bit, where ${who} ask`, () => {
      const options = { steps: 90, width: 40, askingDocuments: asked === null ? 0 : 100 };
      const resumed = stoppedAfter(60, (keeping) => distill(7, { ...options, keeping }, asked));
      assert.deepEqual(resumed, distill(7, options, asked));
    });

  it('refuses what cannot be learned from, and says why', () => {
    const sample = { structure, vectors, queries };
    const options = { random: seededRandom(1), steps: 10 };
    for (const [change, message] of [
      [{ vectors: vectors.subarray(0, 100 * dim) }, /100 rows where at least 256 are needed/],
      [{ queries: queries.subarray(0, 50 * dim) }, /50 rows where at least 100 are needed/],
      [{ queries: queries.subarray(0, 200 * dim + 1) }, /no whole rows of 32/],
      [{ vectors: vectors.slice().fill(NaN, 40, 41) }, /document 1 has the value NaN at 8/],
    ] as const) {
      assert.throws(() => distillVq({ ...sample, ...change }, options), { code: 'INVALID_ARGUMENT', message });
    }
    assert.throws(() => distillVq(sample, { ...options, signal: { aborted: true } }), { code: 'CANCELLED' });
  });

  it('stops when training runs away', () => {
    const teacher = (_query: Float32Array, rows: Uint32Array) => new Float32Array(rows.length).fill(NaN);
    assert.throws(() => distill(1, { teacher, steps: 60 }), {
      code: 'FAILED_PRECONDITION',
      message: /nothing was changed/,
    });
  });
});
