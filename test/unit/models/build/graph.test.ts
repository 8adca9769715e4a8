/** The graph against the plainest computation of the same encoder. */
import assert from 'node:assert/strict';
import { present } from '../../../../base/assert.js';
import { ProbeSession } from '../../../../encoder-node/model/probe-session.js';
import { buildCalibrationGraph, buildGraph, buildGraphWithData } from '../../../../models/build/graph.js';
import type { LayerNorm, QuantizedLinear } from '../../../../models/build/source-weights.js';
import { tinyDim, tinyRanges, tinyWeights } from '../../encoder-node/tiny-model.js';

const ids = Int32Array.of(2, 10, 30, 11, 3);

async function run(bytes: Uint8Array, names: readonly string[]): Promise<ReadonlyMap<string, Float32Array>> {
  const session = await ProbeSession.open(bytes);
  try {
    return await session.run(ids, names);
  } finally {
    await session.close();
  }
}

type Matrix = readonly (readonly number[])[];

const norm = (row: readonly number[], { weight, bias }: LayerNorm): number[] => {
  const mean = row.reduce((a, b) => a + b) / row.length;
  const deviation = Math.sqrt(row.reduce((sum, value) => sum + (value - mean) ** 2, 0) / row.length + 1e-12);
  return row.map((value, j) => ((value - mean) / deviation) * (weight[j] ?? 0) + (bias[j] ?? 0));
};
const linear = (rows: Matrix, { inputs, outputs, quantized, scales, bias }: QuantizedLinear): number[][] =>
  rows.map((row) =>
    Array.from({ length: outputs }, (_, j) => {
      let sum = 0;
      for (let i = 0; i < inputs; i++) sum += (row[i] ?? 0) * (quantized[i * outputs + j] ?? 0);
      return sum * (scales[j] ?? 0) + (bias[j] ?? 0);
    }),
  );
const add = (a: Matrix, b: Matrix): number[][] => a.map((row, r) => row.map((value, j) => value + (b[r]?.[j] ?? 0)));
const softmax = (row: readonly number[]): number[] => {
  const powers = row.map((value) => Math.exp(value - Math.max(...row)));
  const sum = powers.reduce((a, b) => a + b);
  return powers.map((power) => power / sum);
};
/** Abramowitz and Stegun 7.1.26, good to 1.5e-7. */
const erf = (x: number): number => {
  const t = 1 / (1 + 0.3275911 * Math.abs(x));
  const series = t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))));
  return Math.sign(x) * (1 - series * Math.exp(-x * x));
};
const gelu = (x: number): number => 0.5 * x * (1 + erf(x / Math.SQRT2));

function plainEncoder(): number[][] {
  const { words, positions, tokenTypes, embeddingNorm, layers } = tinyWeights();
  const [layer] = layers;
  assert.ok(layer !== undefined);
  let hidden: Matrix = Array.from(ids, (id, position) =>
    norm(
      Array.from({ length: tinyDim }, (_, j) => {
        const value = (table: typeof words, row: number): number =>
          ((table.quantized[row * tinyDim + j] ?? 0) - table.zeroPoint) * table.scale;
        return value(words, id) + value(positions, position) + value(tokenTypes, 0);
      }),
      embeddingNorm,
    ),
  );
  const [query, key, value] = [layer.query, layer.key, layer.value].map((each) => linear(hidden, each));
  const attended = (query ?? []).map((q) => {
    const shares = softmax(
      (key ?? []).map((k) => q.reduce((sum, each, j) => sum + each * (k[j] ?? 0), 0) / Math.sqrt(32)),
    );
    return Array.from({ length: tinyDim }, (_, j) =>
      shares.reduce((sum, share, t) => sum + share * (value?.[t]?.[j] ?? 0), 0),
    );
  });
  hidden = add(linear(attended, layer.attentionOutput), hidden).map((row) => norm(row, layer.attentionNorm));
  const active = linear(hidden, layer.intermediate).map((row) => row.map(gelu));
  hidden = add(linear(active, layer.output), hidden).map((row) => norm(row, layer.outputNorm));
  return hidden.map((row) => row.map((each) => each / Math.hypot(...row)));
}

const distance = (a: readonly number[] | Float32Array, b: readonly number[] | Float32Array): number =>
  Math.max(...Array.from(a, (value, i) => Math.abs(value - (b[i] ?? NaN))));

describe('the graph of the default model', () => {
  it('computes the encoder, in float32 when it is measured', async () => {
    const outputs = await run(buildCalibrationGraph(tinyWeights()).bytes, ['dense', 'multi']);
    const expected = plainEncoder();
    assert.ok(distance(present(outputs.get('multi'), 'multi'), expected.flat()) < 1e-5);
    assert.ok(distance(present(outputs.get('dense'), 'dense'), expected[0] ?? []) < 1e-5);
  });

  it('stays near it with eight bits', async () => {
    const outputs = await run(buildGraph(tinyWeights(), tinyRanges), ['multi']);
    assert.ok(distance(present(outputs.get('multi'), 'multi'), plainEncoder().flat()) < 0.02);
  });

  it('names every tensor that wants a range', () => {
    assert.deepEqual([...buildCalibrationGraph(tinyWeights()).tensors].sort(), Object.keys(tinyRanges).sort());
  });

  it('is not built without a range', () => {
    assert.throws(() => buildGraph(tinyWeights(), {}), { code: 'INTERNAL', message: /the range of embedding_norm/ });
  });

  it('may keep its weights in a file beside it', () => {
    const { graph, data } = buildGraphWithData(tinyWeights(), tinyRanges, 'w');
    const whole = buildGraph(tinyWeights(), tinyRanges).length;
    assert.ok(graph.length < whole && data.length > 0 && graph.length + data.length >= whole);
  });
});
