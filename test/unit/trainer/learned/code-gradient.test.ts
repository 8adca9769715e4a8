import assert from 'node:assert/strict';
import { seededRandom } from '../../../../base/random.js';
import { CodeGradient, type CodeColumns } from '../../../../trainer/learned/code-gradient.js';
import { lambdaRank } from '../../../../trainer/learned/lambda-rank.js';
import { listNet } from '../../../../trainer/learned/list-net.js';
import type { ScanParameters } from '../../../../trainer/learned/scan-parameters.js';
import { differences, largestGap } from './differences.js';

const random = seededRandom(4);
const normal = (length: number) => Float64Array.from({ length }, () => random.normal());
const floats = (length: number) => Float32Array.from(normal(length));
// Words cover more than dim, and the last byte of a code has one subquantizer.
const columns: CodeColumns = {
  ...{ dim: 8, subquantizers: 3, dsub: 3 },
  codes: Uint8Array.from({ length: 20 * 2 }, (_, at) => random.below(at % 2 === 0 ? 256 : 16)),
  scales: floats(20),
  lists: Uint32Array.from({ length: 20 }, () => random.below(4)),
};
const { dim, subquantizers, dsub } = columns;
const width = 6;
const queries = floats(5 * dim);
const candidates = Array.from({ length: 5 }, (_, query) => {
  const rows = Uint32Array.from({ length: width - (query % 3) }, () => random.below(20));
  return { rows, constants: floats(rows.length) };
});
const batch = { queries, candidates };
const targets = normal(5 * width);
candidates.forEach(({ rows }, query) => targets.fill(-Infinity, query * width + rows.length, (query + 1) * width));
const parameters: ScanParameters = {
  words: normal(subquantizers * dsub * 16),
  adapter: normal(dim * dim),
  biases: normal(4),
};
const labels = targets.map((value) => (value === -Infinity ? value : Number(value > 0)));

const losses = {
  ListNet: (scores: Float64Array, slopes: Float64Array) =>
    listNet({ student: scores, teacher: targets, width }, 0.7, slopes),
  LambdaRank: (scores: Float64Array, slopes: Float64Array) =>
    lambdaRank({ scores, labels, width }, { scale: 0.5, cut: 5 }, slopes),
};

describe('the gradient of codes', () => {
  for (const [name, loss] of Object.entries(losses)) {
    it(`is that of finite differences for words, adapter and biases under ${name}`, () => {
      const model = new CodeGradient(columns, parameters, { batch: 5, width });
      const value = (): number => {
        const scores = new Float64Array(5 * width);
        model.score(parameters, batch, scores);
        return loss(scores, new Float64Array(5 * width));
      };
      const [scores, slopes] = [new Float64Array(5 * width), new Float64Array(5 * width)];
      model.score(parameters, batch, scores);
      loss(scores, slopes);
      const found = model.gradient(parameters, batch, slopes);
      const gradient = { words: found.words.slice(), adapter: found.adapter!.slice(), biases: found.biases!.slice() };
      for (const part of ['words', 'adapter', 'biases'] as const) {
        assert.ok(gradient[part].some((slope) => slope !== 0));
        const gap = largestGap(gradient[part], differences(parameters[part]!, value, 1e-6));
        assert.ok(gap < 1e-6, `${part}: ${gap}`);
      }
    });
  }

  it('scores as the formula says, and is without what is not learned', () => {
    const plain = { words: parameters.words, adapter: null, biases: null };
    const model = new CodeGradient(columns, plain, { batch: 5, width });
    const scores = new Float64Array(5 * width);
    model.score(plain, batch, scores);
    const row = candidates[1]!.rows[2]!;
    let sum = 0;
    for (let j = 0; j < dim; j++) {
      const s = Math.floor(j / dsub);
      const word = (columns.codes[row * 2 + (s >> 1)]! >> (4 * (s & 1))) & 15;
      sum += queries[dim + j]! * parameters.words[j * 16 + word]!;
    }
    const expected = candidates[1]!.constants[2]! + columns.scales[row]! * sum;
    assert.ok(Math.abs(scores[width + 2]! - expected) < 1e-12);
    const gradient = model.gradient(plain, batch, normal(5 * width));
    assert.equal(gradient.adapter, null);
    assert.equal(gradient.biases, null);
  });
});
