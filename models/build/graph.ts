/**
 * The default encoder's graph, written anew around the weights of the source model: one forward pass gives `dense` and `multi`.
 *
 *   input_ids, attention_mask   int64 [batch, sequence]
 *   multi                       float32 [batch, sequence, dim], each row of unit length
 *   dense                       float32 [batch, dim], row 0 of `multi`
 *
 * Matrices stay int8 with a scale a column. Their inputs are quantized to uint8 with *fixed* ranges, measured once on shipped text.
 * The source takes the range of each call's whole tensor instead, so that a text's vectors depend on its batch mates, by up to
 * 0.06 a coordinate; with fixed ranges they are equal to the bit in any batch and with any padding, at the same speed and fidelity.
 *
 * Only ONNX's own operators are used, in QuantizeLinear/DequantizeLinear form: a CPU runs the matrices as integers, an execution
 * provider without integer matrices runs the same graph in floating point.
 */
import { assert, present } from '../../base/assert.js';
import { dataTypes, GraphBuilder } from './graph-builder.js';
import type { BertLayer, BertWeights, LayerNorm, QuantizedLinear, QuantizedTable } from './source-weights.js';

/** The values that a tensor takes, but for outliers worth clipping. */
export interface Range {
  readonly low: number;
  readonly high: number;
}

/** Ranges of the tensors that are multiplied with matrices, by name. */
export type Ranges = Readonly<Record<string, Range>>;

const headDim = 32;
const normEpsilon = 1e-12;
const operatorSets = { '': 20 };
const graphName = 'shoal-base-en';

/** The graph that is served, as one file. INTERNAL when a range is missing. */
export function buildGraph(weights: BertWeights, ranges: Ranges): Uint8Array {
  return new EncoderGraph(weights, ranges).build().finish(graphName, operatorSets);
}

/** The same as a graph and `dataFile` beside it, which holds the weights. */
export function buildGraphWithData(
  weights: BertWeights,
  ranges: Ranges,
  dataFile: string,
): { readonly graph: Uint8Array; readonly data: Uint8Array } {
  return new EncoderGraph(weights, ranges).build().finishWithData(graphName, operatorSets, dataFile);
}

/** The same computed in float32, which also gives every tensor that `buildGraph` wants a range of, by name. */
export function buildCalibrationGraph(weights: BertWeights): {
  readonly bytes: Uint8Array;
  readonly tensors: readonly string[];
} {
  const graph = new EncoderGraph(weights, null);
  return { bytes: graph.build().finish(graphName, operatorSets), tensors: graph.quantizedTensors };
}

class EncoderGraph {
  readonly #graph = new GraphBuilder();
  readonly #weights: BertWeights;
  readonly #ranges: Ranges | null;
  /** Names of the tensors that are multiplied with matrices. */
  readonly quantizedTensors: string[] = [];

  constructor(weights: BertWeights, ranges: Ranges | null) {
    this.#weights = weights;
    this.#ranges = ranges;
  }

  build(): GraphBuilder {
    const { dim } = this.#weights.words;
    const graph = this.#graph;
    graph.input('input_ids', dataTypes.int64, ['batch', 'sequence']);
    graph.input('attention_mask', dataTypes.int64, ['batch', 'sequence']);
    const mask = this.#mask();
    let hidden = this.#embeddings();
    this.#weights.layers.forEach((layer, number) => {
      hidden = this.#layer(layer, `layer${number}`, { hidden, mask });
    });
    const length = graph.node('ReduceL2', 'row_length', [hidden, graph.integers('last_axis', [-1])], { keepdims: 1 });
    graph.node('Div', 'multi', [hidden, length]);
    graph.node('Gather', 'dense', ['multi', graph.integers('row_0', [0], [])], { axis: 1 });
    graph.output('dense', dataTypes.float, ['batch', dim]);
    graph.output('multi', dataTypes.float, ['batch', 'sequence', dim]);
    if (this.#ranges === null) {
      for (const name of this.quantizedTensors)
        graph.output(name, dataTypes.float, ['batch', 'sequence', `${name}_dim`]);
    }
    return graph;
  }

  /** 0 where a token is, the most negative float where there is padding: [batch, 1, 1, sequence]. */
  #mask(): string {
    const graph = this.#graph;
    const four = graph.node('Unsqueeze', 'mask_4d', ['attention_mask', graph.integers('mask_axes', [1, 2])]);
    const ones = graph.node('Cast', 'mask_ones', [four], { to: dataTypes.float });
    const shifted = graph.node('Sub', 'mask_shifted', [ones, graph.floats('one', [], Float32Array.of(1))]);
    return graph.node('Mul', 'mask', [shifted, graph.floats('largest', [], Float32Array.of(3.4e38))]);
  }

  #embeddings(): string {
    const graph = this.#graph;
    const { words, positions, embeddingNorm } = this.#weights;
    const rows = graph.node('Gather', 'word_codes', [
      graph.bytes('words', [words.rows, words.dim], words.quantized),
      'input_ids',
    ]);
    const scale = graph.floats('words_scale', [], Float32Array.of(words.scale));
    const zero = graph.bytes('words_zero', [], Uint8Array.of(words.zeroPoint));
    const wordRows = graph.node('DequantizeLinear', 'word_rows', [rows, scale, zero]);
    const table = graph.floats('positions', [positions.rows, positions.dim], this.#positionTable());
    const end = graph.node('Shape', 'sequence_length', ['input_ids'], { start: 1, end: 2 });
    const from = [table, graph.integers('slice_start', [0]), end, graph.integers('slice_axis', [0])];
    const sum = graph.node('Add', 'embedding_sum', [wordRows, graph.node('Slice', 'position_rows', from)]);
    return this.#norm('embedding', sum, embeddingNorm);
  }

  /** Positions with the embedding of token type 0 added, for a text is never a pair here. */
  #positionTable(): Float32Array {
    const { positions, tokenTypes } = this.#weights;
    const value = ({ quantized, zeroPoint, scale }: QuantizedTable, i: number): number =>
      (present(quantized[i], 'a value') - zeroPoint) * scale;
    const table = new Float32Array(positions.rows * positions.dim);
    return table.map((_, i) => value(positions, i) + value(tokenTypes, i % positions.dim));
  }

  #layer(layer: BertLayer, name: string, { hidden, mask }: { hidden: string; mask: string }): string {
    const graph = this.#graph;
    const attended = this.#attention(layer, name, { hidden, mask });
    const projected = this.#linear(`${name}_attention_output`, attended, layer.attentionOutput);
    const attention = this.#norm(
      `${name}_attention`,
      graph.node('Add', `${name}_sum`, [projected, hidden]),
      layer.attentionNorm,
    );
    const wide = this.#linear(`${name}_intermediate`, attention, layer.intermediate);
    const active = graph.node('Gelu', `${name}_gelu`, [wide]);
    const narrow = this.#linear(`${name}_output`, active, layer.output);
    return this.#norm(name, graph.node('Add', `${name}_output_sum`, [narrow, attention]), layer.outputNorm);
  }

  #attention(layer: BertLayer, name: string, { hidden, mask }: { hidden: string; mask: string }): string {
    const graph = this.#graph;
    const dim = layer.query.outputs;
    // 1 / sqrt(headDim) goes into the query's scales, which costs nothing.
    const all = joined([scaled(layer.query, 1 / Math.sqrt(headDim)), layer.key, layer.value]);
    const outputs = [`${name}_query`, `${name}_key`, `${name}_value`];
    const sizes = graph.integers(`${name}_split`, [dim, dim, dim]);
    const qkv = this.#linear(`${name}_qkv`, hidden, all);
    graph.nodes('Split', `${name}_split_qkv`, { inputs: [qkv, sizes], outputs, attributes: { axis: -1 } });
    const toHeads = graph.integers(`${name}_head_shape`, [0, 0, dim / headDim, headDim]);
    const heads = outputs.map((output, part) => {
      const split = graph.node('Reshape', `${output}_split`, [output, toHeads]);
      return graph.node('Transpose', `${output}_heads`, [split], { perm: part === 1 ? [0, 2, 3, 1] : [0, 2, 1, 3] });
    });
    const [query = '', key = '', value = ''] = heads;
    const scores = graph.node('MatMul', `${name}_scores`, [query, key]);
    const masked = graph.node('Add', `${name}_masked`, [scores, mask]);
    const shares = graph.node('Softmax', `${name}_shares`, [masked], { axis: -1 });
    const mixed = graph.node('MatMul', `${name}_mixed`, [shares, value]);
    const rows = graph.node('Transpose', `${name}_mixed_rows`, [mixed], { perm: [0, 2, 1, 3] });
    return graph.node('Reshape', `${name}_attended`, [rows, graph.integers(`${name}_row_shape`, [0, 0, dim])]);
  }

  /** x · W + bias. */
  #linear(name: string, x: string, layer: QuantizedLinear): string {
    const graph = this.#graph;
    if (!this.quantizedTensors.includes(x)) this.quantizedTensors.push(x);
    const product = graph.node('MatMul', `${name}_product`, [this.#rounded(x), this.#matrix(name, layer)]);
    return graph.node('Add', name, [product, graph.floats(`${name}_bias`, [layer.outputs], layer.bias)]);
  }

  #matrix(name: string, { quantized, scales, inputs, outputs }: QuantizedLinear): string {
    const graph = this.#graph;
    const dims = [inputs, outputs];
    if (this.#ranges === null) {
      return graph.floats(
        `${name}_matrix`,
        dims,
        Float32Array.from(quantized, (value, i) => value * present(scales[i % outputs], 'a scale')),
      );
    }
    const codes = graph.bytes(`${name}_codes`, dims, quantized);
    const zeros = graph.bytes(`${name}_zeros`, [outputs], new Int8Array(outputs));
    return graph.node(
      'DequantizeLinear',
      `${name}_matrix`,
      [codes, graph.floats(`${name}_scales`, [outputs], scales), zeros],
      { axis: 1 },
    );
  }

  /** x through uint8 and back, in the range measured for it. */
  #rounded(x: string): string {
    if (this.#ranges === null) return x;
    const graph = this.#graph;
    const range = present(this.#ranges[x], `the range of ${x}`);
    const low = Math.min(range.low, 0);
    const step = (Math.max(range.high, 0) - low) / 255;
    assert(step > 0, `the range of ${x} is not empty`);
    const scale = graph.floats(`${x}_step`, [], Float32Array.of(step));
    const zero = graph.bytes(`${x}_zero`, [], Uint8Array.of(Math.round(-low / step)));
    const codes = graph.node('QuantizeLinear', `${x}_codes`, [x, scale, zero]);
    return graph.node('DequantizeLinear', `${x}_rounded`, [codes, scale, zero]);
  }

  #norm(name: string, x: string, { weight, bias }: LayerNorm): string {
    const graph = this.#graph;
    const dims = [weight.length];
    const inputs = [
      x,
      graph.floats(`${name}_norm_weight`, dims, weight),
      graph.floats(`${name}_norm_bias`, dims, bias),
    ];
    return graph.node('LayerNormalization', `${name}_norm`, inputs, { axis: -1, epsilon: { float: normEpsilon } });
  }
}

function scaled(layer: QuantizedLinear, factor: number): QuantizedLinear {
  const times = (values: Float32Array): Float32Array => values.map((value) => value * factor);
  return { ...layer, scales: times(layer.scales), bias: times(layer.bias) };
}

/** One layer whose outputs are those of `layers`, one behind the other. */
function joined(layers: readonly QuantizedLinear[]): QuantizedLinear {
  const inputs = present(layers[0], 'a layer').inputs;
  const outputs = layers.reduce((sum, layer) => sum + layer.outputs, 0);
  const result = {
    inputs,
    outputs,
    quantized: new Int8Array(inputs * outputs),
    scales: new Float32Array(outputs),
    bias: new Float32Array(outputs),
  };
  let at = 0;
  for (const layer of layers) {
    for (let row = 0; row < inputs; row++) {
      const values = layer.quantized.subarray(row * layer.outputs, (row + 1) * layer.outputs);
      result.quantized.set(values, row * outputs + at);
    }
    result.scales.set(layer.scales, at);
    result.bias.set(layer.bias, at);
    at += layer.outputs;
  }
  return result;
}
