import assert from 'node:assert/strict';
import onnxProto from 'onnx-proto';
import { readSourceWeights } from '../../../../models/build/source-weights.js';

const { ModelProto } = onnxProto.onnx;
const FLOAT = 1;
const UINT8 = 2;
const INT8 = 3;

type Tensor = onnxProto.onnx.ITensorProto;

const floats = (name: string, ...values: number[]): Tensor => ({
  name,
  dataType: FLOAT,
  dims: [values.length],
  floatData: values,
});
const table = (name: string): Tensor[] => [
  { name: `${name}.weight_quantized`, dataType: UINT8, dims: [1, 2], rawData: Uint8Array.of(130, 128) },
  floats(`${name}.weight_scale`, 0.5),
  { name: `${name}.weight_zero_point`, dataType: UINT8, dims: [], int32Data: [128] },
];
const norm = (name: string): Tensor[] => [floats(`${name}.weight`, 1, 1), floats(`${name}.bias`, 0, 0)];
const parts = [
  'attention.self.query',
  'attention.self.key',
  'attention.self.value',
  'attention.output.dense',
  'intermediate.dense',
  'output.dense',
];

/** A source of one layer with 2 × 2 matrices. */
function source(zeroPoint = 0): Uint8Array {
  const initializer = ['word_embeddings', 'position_embeddings', 'token_type_embeddings'].flatMap((name) =>
    table(`embeddings.${name}`),
  );
  initializer.push(
    ...norm('embeddings.LayerNorm'),
    ...norm('encoder.layer.0.attention.output.LayerNorm'),
    ...norm('encoder.layer.0.output.LayerNorm'),
  );
  const node = parts.map((part, i) => ({
    opType: 'MatMulInteger',
    name: `/encoder/layer.0/${part.replaceAll('.', '/')}/MatMul_quant`,
    input: ['x', `onnx::MatMul_${i}_quantized`],
  }));
  parts.forEach((part, i) => {
    const matrix = `onnx::MatMul_${i}`;
    initializer.push(
      { name: `${matrix}_quantized`, dataType: INT8, dims: [2, 2], rawData: Uint8Array.of(1, 255, i, 0) },
      { name: `${matrix}_zero_point`, dataType: INT8, dims: [2], int32Data: [zeroPoint, 0] },
      floats(`${matrix}_scale`, 0.25, 0.5),
      floats(`encoder.layer.0.${part}.bias`, 3, 4),
    );
  });
  return ModelProto.encode(ModelProto.create({ graph: { node, initializer } })).finish();
}

describe('the weights of the source model', () => {
  it('are found by the nodes that use them', () => {
    const { layers, words } = readSourceWeights(source());
    assert.equal(layers.length, 1);
    assert.deepEqual(layers[0]?.value, {
      inputs: 2,
      outputs: 2,
      quantized: Int8Array.of(1, -1, 2, 0),
      scales: Float32Array.of(0.25, 0.5),
      bias: Float32Array.of(3, 4),
    });
    assert.deepEqual([words.rows, words.dim, words.scale, words.zeroPoint], [1, 2, 0.5, 128]);
  });

  it('must be quantized symmetrically', () => {
    assert.throws(() => readSourceWeights(source(1)), { code: 'INTERNAL', message: /quantized symmetrically/ });
  });

  it('must be those of an encoder', () => {
    const empty = ModelProto.encode(ModelProto.create({ graph: { node: [], initializer: [] } })).finish();
    assert.throws(() => readSourceWeights(empty), { code: 'INTERNAL', message: /has layers/ });
  });
});
