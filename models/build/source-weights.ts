/**
 * Reads the weights of a BERT encoder out of its int8 ONNX export: the first step of building the default encoder's graph.
 *
 * The export (`onnx.quantize`) holds each matrix as int8 [in, out] with one scale a column and a zero point of 0, each embedding table
 * as uint8 [rows, dim] with one scale and zero point. Matrices are found by the name of the `MatMulInteger` node that reads them, since
 * the initializers' own names are numbers.
 */
import onnxProto from 'onnx-proto';
import { assert, present } from '../../base/assert.js';

const { onnx } = onnxProto;

/** A table of embeddings: value = (quantized − zeroPoint) × scale. */
export interface QuantizedTable {
  readonly rows: number;
  readonly dim: number;
  /** uint8[rows, dim], row-major. */
  readonly quantized: Uint8Array;
  readonly scale: number;
  readonly zeroPoint: number;
}

/** A linear layer y = x·W + bias with W = quantized × scales (one a column). */
export interface QuantizedLinear {
  readonly inputs: number;
  readonly outputs: number;
  /** int8[inputs, outputs], row-major. */
  readonly quantized: Int8Array;
  /** float32[outputs] */
  readonly scales: Float32Array;
  /** float32[outputs] */
  readonly bias: Float32Array;
}

export interface LayerNorm {
  /** float32[dim] each. */
  readonly weight: Float32Array;
  readonly bias: Float32Array;
}

export interface BertLayer {
  readonly query: QuantizedLinear;
  readonly key: QuantizedLinear;
  readonly value: QuantizedLinear;
  readonly attentionOutput: QuantizedLinear;
  readonly attentionNorm: LayerNorm;
  readonly intermediate: QuantizedLinear;
  readonly output: QuantizedLinear;
  readonly outputNorm: LayerNorm;
}

export interface BertWeights {
  readonly words: QuantizedTable;
  readonly positions: QuantizedTable;
  readonly tokenTypes: QuantizedTable;
  readonly embeddingNorm: LayerNorm;
  readonly layers: readonly BertLayer[];
}

/** The weights of the ONNX file `bytes`. INTERNAL when the file is no int8 export of a BERT encoder. */
export function readSourceWeights(bytes: Uint8Array): BertWeights {
  const graph = present(onnx.ModelProto.decode(bytes).graph, 'graph of the source model');
  const source = new Source(graph);
  const layers: BertLayer[] = [];
  while (source.hasMatrix(`/encoder/layer.${layers.length}/output/dense`))
    layers.push(readLayer(source, layers.length));
  assert(layers.length > 0, 'the source model has layers');
  return {
    words: source.table('embeddings.word_embeddings'),
    positions: source.table('embeddings.position_embeddings'),
    tokenTypes: source.table('embeddings.token_type_embeddings'),
    embeddingNorm: source.norm('embeddings.LayerNorm'),
    layers,
  };
}

function readLayer(source: Source, number: number): BertLayer {
  const linear = (part: string): QuantizedLinear =>
    source.linear(`/encoder/layer.${number}/${part.replaceAll('.', '/')}`, `encoder.layer.${number}.${part}`);
  return {
    query: linear('attention.self.query'),
    key: linear('attention.self.key'),
    value: linear('attention.self.value'),
    attentionOutput: linear('attention.output.dense'),
    attentionNorm: source.norm(`encoder.layer.${number}.attention.output.LayerNorm`),
    intermediate: linear('intermediate.dense'),
    output: linear('output.dense'),
    outputNorm: source.norm(`encoder.layer.${number}.output.LayerNorm`),
  };
}

/** Initializers by name, matrices by the path of the node that multiplies with them. */
class Source {
  readonly #tensors = new Map<string, onnxProto.onnx.ITensorProto>();
  readonly #matrixOfPath = new Map<string, string>();

  constructor(graph: onnxProto.onnx.IGraphProto) {
    for (const tensor of graph.initializer ?? []) this.#tensors.set(present(tensor.name, 'name of a tensor'), tensor);
    for (const node of graph.node ?? []) {
      const matrix = node.input?.[1];
      if (node.opType !== 'MatMulInteger' || matrix === undefined) continue;
      this.#matrixOfPath.set((node.name ?? '').replace('/MatMul_quant', ''), matrix.replace(/_quantized$/, ''));
    }
  }

  hasMatrix(path: string): boolean {
    return this.#matrixOfPath.has(path);
  }

  linear(path: string, name: string): QuantizedLinear {
    const matrix = present(this.#matrixOfPath.get(path), `matrix of ${path}`);
    const [inputs, outputs] = this.#shape(`${matrix}_quantized`);
    assert(inputs !== undefined && outputs !== undefined, `${path} is a matrix`);
    const quantized = this.#raw(`${matrix}_quantized`);
    const zeroPoints = this.#integers(`${matrix}_zero_point`);
    assert(
      zeroPoints.every((zero) => zero === 0),
      `${path} is quantized symmetrically`,
    );
    const scales = this.#floats(`${matrix}_scale`);
    assert(scales.length === outputs, `${path} has one scale a column`);
    const int8 = new Int8Array(quantized.buffer, quantized.byteOffset, quantized.byteLength);
    return { inputs, outputs, quantized: int8, scales, bias: this.#floats(`${name}.bias`) };
  }

  table(name: string): QuantizedTable {
    const [rows, dim] = this.#shape(`${name}.weight_quantized`);
    const scale = this.#floats(`${name}.weight_scale`)[0];
    const zeroPoint = this.#integers(`${name}.weight_zero_point`)[0];
    assert(rows !== undefined && dim !== undefined, `${name} is a table`);
    assert(scale !== undefined && zeroPoint !== undefined, `${name} has a scale and a zero point`);
    return { rows, dim, quantized: this.#raw(`${name}.weight_quantized`), scale, zeroPoint };
  }

  norm(name: string): LayerNorm {
    return { weight: this.#floats(`${name}.weight`), bias: this.#floats(`${name}.bias`) };
  }

  #tensor(name: string): onnxProto.onnx.ITensorProto {
    return present(this.#tensors.get(name), `tensor ${name} of the source model`);
  }

  #shape(name: string): number[] {
    return (this.#tensor(name).dims ?? []).map(Number);
  }

  #raw(name: string): Uint8Array {
    return present(this.#tensor(name).rawData, `bytes of ${name}`);
  }

  #integers(name: string): number[] {
    const tensor = this.#tensor(name);
    return [...(tensor.int32Data ?? []), ...(tensor.rawData ?? [])].map(Number);
  }

  #floats(name: string): Float32Array {
    const tensor = this.#tensor(name);
    if ((tensor.floatData?.length ?? 0) > 0) return Float32Array.from(tensor.floatData ?? []);
    const raw = present(tensor.rawData, `bytes of ${name}`);
    return new Float32Array(Uint8Array.from(raw).buffer);
  }
}
