/** Writes an ONNX graph node by node. Knows ONNX's messages and nothing of models. */
import onnxProto from 'onnx-proto';
import { bytesOf } from '../../base/bytes.js';

const { onnx } = onnxProto;

/** Constants below this size stay in the graph. */
const externalBytesMin = 1_024;
/** A memory map begins at a page; 64 bytes suffice for the widest vector instructions. */
const externalAlignment = 64;

/** Numbers of onnx.TensorProto.DataType. */
export const dataTypes = { float: 1, uint8: 2, int8: 3, int64: 7 } as const;

/** Integers, lists of integers, or a float where `float` says so. */
export type Attribute = number | readonly number[] | { readonly float: number };

/** Operator-set versions by domain; '' is ONNX's own. */
export type OperatorSets = Readonly<Record<string, number>>;

export class GraphBuilder {
  readonly #nodes: onnxProto.onnx.INodeProto[] = [];
  readonly #initializers: onnxProto.onnx.ITensorProto[] = [];
  readonly #inputs: onnxProto.onnx.IValueInfoProto[] = [];
  readonly #outputs: onnxProto.onnx.IValueInfoProto[] = [];

  /** Adds a node of ONNX's own operators with one output, whose name is the node's; gives that name. */
  node(operator: string, name: string, inputs: readonly string[], attributes: Record<string, Attribute> = {}): string {
    this.#add(operator, { name, inputs, outputs: [name], attributes });
    return name;
  }

  /** Adds a node with several outputs. */
  nodes(
    operator: string,
    name: string,
    parts: { inputs: readonly string[]; outputs: readonly string[]; attributes?: Record<string, Attribute> },
  ): void {
    this.#add(operator, { name, attributes: {}, ...parts });
  }

  /** A constant float32 of shape `dims`; [] is a scalar. */
  floats(name: string, dims: readonly number[], values: Float32Array): string {
    return this.#constant({ name, dataType: dataTypes.float, dims: [...dims], rawData: bytesOf(values) });
  }

  /** A constant of bytes, as uint8 or int8. */
  bytes(name: string, dims: readonly number[], values: Uint8Array | Int8Array): string {
    const dataType = values instanceof Int8Array ? dataTypes.int8 : dataTypes.uint8;
    return this.#constant({ name, dataType, dims: [...dims], rawData: bytesOf(values) });
  }

  /** A constant int64 list, or a scalar where `dims` is []. */
  integers(name: string, values: readonly number[], dims: readonly number[] = [values.length]): string {
    const rawData = bytesOf(BigInt64Array.from(values, BigInt));
    return this.#constant({ name, dataType: dataTypes.int64, dims: [...dims], rawData });
  }

  /** An input; dimensions are numbers, or names of what may vary. */
  input(name: string, dataType: number, dims: readonly (string | number)[]): string {
    this.#inputs.push(valueInfo(name, dataType, dims));
    return name;
  }

  output(name: string, dataType: number, dims: readonly (string | number)[]): void {
    this.#outputs.push(valueInfo(name, dataType, dims));
  }

  /** The model as one file. */
  finish(name: string, operatorSets: OperatorSets): Uint8Array {
    return this.#encode(name, operatorSets, this.#initializers);
  }

  /**
   * The model as a graph and a file of its large constants, named `dataFile`: a runtime maps that file instead of copying it, which
   * halves what a session keeps in memory.
   */
  finishWithData(
    name: string,
    operatorSets: OperatorSets,
    dataFile: string,
  ): { readonly graph: Uint8Array; readonly data: Uint8Array } {
    const parts: Uint8Array[] = [];
    let at = 0;
    const initializers = this.#initializers.map((tensor) => {
      const { rawData, ...rest } = tensor;
      if (!(rawData instanceof Uint8Array) || rawData.length < externalBytesMin) return tensor;
      const offset = Math.ceil(at / externalAlignment) * externalAlignment;
      parts.push(new Uint8Array(offset - at), rawData);
      at = offset + rawData.length;
      const where = { location: dataFile, offset: String(offset), length: String(rawData.length) };
      const externalData = Object.entries(where).map(([key, value]) => ({ key, value }));
      return { ...rest, dataLocation: onnx.TensorProto.DataLocation.EXTERNAL, externalData };
    });
    return { graph: this.#encode(name, operatorSets, initializers), data: Buffer.concat(parts) };
  }

  #encode(name: string, operatorSets: OperatorSets, initializer: onnxProto.onnx.ITensorProto[]): Uint8Array {
    const model = onnx.ModelProto.create({
      irVersion: 9,
      producerName: 'shoal',
      opsetImport: Object.entries(operatorSets).map(([domain, version]) => ({ domain, version })),
      graph: {
        name,
        node: this.#nodes,
        initializer,
        input: this.#inputs,
        output: this.#outputs,
      },
    });
    return onnx.ModelProto.encode(model).finish();
  }

  #add(
    operator: string,
    parts: {
      name: string;
      inputs: readonly string[];
      outputs: readonly string[];
      attributes: Record<string, Attribute>;
    },
  ): void {
    const attribute = Object.entries(parts.attributes).map(([name, value]) => attributeOf(name, value));
    this.#nodes.push({
      opType: operator,
      name: parts.name,
      input: [...parts.inputs],
      output: [...parts.outputs],
      attribute,
    });
  }

  #constant(tensor: onnxProto.onnx.ITensorProto & { name: string }): string {
    this.#initializers.push(tensor);
    return tensor.name;
  }
}

function attributeOf(name: string, value: Attribute): onnxProto.onnx.IAttributeProto {
  const { AttributeType } = onnx.AttributeProto;
  if (typeof value === 'number') return { name, type: AttributeType.INT, i: value };
  if ('float' in value) return { name, type: AttributeType.FLOAT, f: value.float };
  return { name, type: AttributeType.INTS, ints: [...value] };
}

function valueInfo(name: string, elemType: number, dims: readonly (string | number)[]): onnxProto.onnx.IValueInfoProto {
  const dim = dims.map((each) => (typeof each === 'string' ? { dimParam: each } : { dimValue: each }));
  return { name, type: { tensorType: { elemType, shape: { dim } } } };
}
