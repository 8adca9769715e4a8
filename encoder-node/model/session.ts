/**
 * One inference session: a batch of sequences in, dense vectors and token rows out. Runs inside a worker thread, for a run blocks it.
 *
 * Outputs are taken by the names in the manifest; a graph without them is refused with the names that it has.
 */
import { env, InferenceSession, Tensor } from 'onnxruntime-node';
import { assert, present } from '../../base/assert.js';
import { ShoalError } from '../../base/errors.js';
import { poolTokens } from '../../vector-index/codebook/pool-tokens.js';
import { rowFeatures, type SparseHead } from '../../vector-index/codebook/sparse-head.js';
import type { TokenCodec } from '../../vector-index/codebook/token-codec.js';
import type { Sequence } from '../batch/sequence.js';
import type { ModelManifest } from './manifest.js';

export type ExecutionProvider = 'cpu' | 'webgpu' | 'cuda';

export interface SessionOptions {
  readonly graphPath: string;
  readonly manifest: ModelManifest;
  readonly codec: TokenCodec | null;
  readonly sparseHead: SparseHead | null;
  readonly executionProvider: ExecutionProvider;
  readonly intraOpThreads: number;
}

/** What one sequence became. Buffers are its own and may be transferred. */
export interface SequenceResult {
  /** float32[dim], unit norm; null when not asked for. */
  readonly dense: Float32Array | null;
  /** float32[rows, tokenDim], or their record under the codec; null when not asked for. */
  readonly tokens: Uint8Array | null;
  /** Rows that there are: fewer than tokens where they are pooled. */
  readonly tokenCount: number;
  /** float64[rows]: what the sparse head says of each row asked for, before they are pooled; null without a head or rows. */
  readonly features: Float64Array | null;
}

export class EncoderSession {
  readonly #session: InferenceSession;
  readonly #manifest: ModelManifest;
  readonly #codec: TokenCodec | null;
  readonly #sparseHead: SparseHead | null;

  private constructor(session: InferenceSession, { manifest, codec, sparseHead }: SessionOptions) {
    this.#session = session;
    this.#manifest = manifest;
    this.#codec = codec;
    this.#sparseHead = sparseHead;
  }

  /**
   * Opens the graph. FAILED_PRECONDITION when the execution provider cannot be had (there is no silent way back to the CPU) or the
   * graph lacks an output of the manifest.
   */
  static async open(options: SessionOptions): Promise<EncoderSession> {
    // What goes wrong is thrown, and reaches people in our words.
    env.logLevel = 'fatal';
    const session = await createSession(options);
    checkNames(session, options.manifest);
    return new EncoderSession(session, options);
  }

  /** Encodes `batch`, one result a sequence. Blocks the thread while the graph runs. */
  async run(batch: readonly Sequence[]): Promise<SequenceResult[]> {
    const { inputs, outputs, tokenizer } = this.#manifest;
    const length = Math.max(...batch.map(({ ids }) => ids.length));
    const shape = [batch.length, length];
    const feeds: Record<string, Tensor> = {
      [inputs.ids]: new Tensor('int64', idsColumn(batch, length, tokenizer.padId), shape),
      [inputs.mask]: new Tensor('int64', maskColumn(batch, length), shape),
    };
    if (inputs.typeIds !== null) {
      feeds[inputs.typeIds] = new Tensor('int64', new BigInt64Array(batch.length * length), shape);
    }
    const names = new Set<string>();
    if (batch.some(({ wantsDense }) => wantsDense)) names.add(outputs.dense.name);
    if (outputs.multi !== null && batch.some(({ rows }) => rows !== null)) names.add(outputs.multi.name);
    const results = names.size === 0 ? {} : await this.#session.run(feeds, [...names]);
    return batch.map((sequence, position) => ({
      dense: sequence.wantsDense ? this.#dense(results, sequence, position) : null,
      ...this.#tokens(results, sequence, position),
    }));
  }

  async close(): Promise<void> {
    await this.#session.release();
  }

  #dense(results: InferenceSession.OnnxValueMapType, sequence: Sequence, position: number): Float32Array {
    const { name, pool, normalized, dim } = this.#manifest.outputs.dense;
    const output = outputOf(results, name);
    const rowsPerSequence = pool === 'none' ? 1 : present(output.dims[1], 'rows of the dense output');
    checkDim(output, name, dim);
    const start = position * rowsPerSequence * dim;
    const values = floatsOf(output);
    const dense = values.slice(start, start + dim);
    if (pool === 'mean') addRows(dense, values.subarray(start, start + sequence.attended * dim));
    if (!normalized || pool === 'mean') normalize(dense);
    return dense;
  }

  #tokens(
    results: InferenceSession.OnnxValueMapType,
    { rows, isCoded, pooling, side }: Sequence,
    position: number,
  ): Pick<SequenceResult, 'tokens' | 'tokenCount' | 'features'> {
    const multi = this.#manifest.outputs.multi;
    if (rows === null || multi === null) return { tokens: null, tokenCount: 0, features: null };
    const output = outputOf(results, multi.name);
    checkDim(output, multi.name, multi.dim);
    const rowsPerSequence = present(output.dims[1], 'rows of the multi output');
    const vectors = new Float32Array(rows.length * multi.dim);
    const values = floatsOf(output);
    rows.forEach((token, row) => {
      const start = (position * rowsPerSequence + token - multi.row0Token) * multi.dim;
      const vector = values.subarray(start, start + multi.dim);
      vectors.set(vector, row * multi.dim);
      if (!multi.normalized) normalize(vectors.subarray(row * multi.dim, (row + 1) * multi.dim));
    });
    const kept = poolTokens(vectors, multi.dim, pooling);
    const tokens = isCoded && this.#codec !== null ? this.#codec.encode(kept) : new Uint8Array(kept.buffer);
    const features = this.#sparseHead === null ? null : rowFeatures(vectors, this.#sparseHead[side]);
    return { tokens, tokenCount: kept.length / multi.dim, features };
  }
}

async function createSession(options: SessionOptions): Promise<InferenceSession> {
  const { graphPath, executionProvider, intraOpThreads } = options;
  try {
    return await InferenceSession.create(graphPath, {
      executionProviders: [executionProvider],
      intraOpNumThreads: intraOpThreads,
      interOpNumThreads: 1,
      graphOptimizationLevel: 'all',
      // Lengths vary from batch to batch: a plan of memory for each would be kept and seldom be used again.
      enableMemPattern: false,
    });
  } catch (cause) {
    if (executionProvider === 'cpu') {
      throw new ShoalError('FAILED_PRECONDITION', `cannot load the graph ${graphPath}: ${String(cause)}`, { cause });
    }
    const message = `the execution provider ${executionProvider} was asked for and is not usable here: ${String(cause)}; install its driver and libraries, or configure executionProvider cpu`;
    throw new ShoalError('FAILED_PRECONDITION', message, { cause });
  }
}

function checkNames(session: InferenceSession, { inputs, outputs, name }: ModelManifest): void {
  const wantedInputs = [inputs.ids, inputs.mask, inputs.typeIds].filter((each) => each !== null);
  const wantedOutputs = [outputs.dense, outputs.sparse, outputs.multi].flatMap((each) => each?.name ?? []);
  checkListed(wantedInputs, session.inputNames, `input of the model ${name}`);
  checkListed(wantedOutputs, session.outputNames, `output of the model ${name}`);
}

function checkListed(wanted: readonly string[], present: readonly string[], what: string): void {
  for (const name of wanted) {
    if (present.includes(name)) continue;
    const message = `the manifest names '${name}' as ${what}, but its graph has ${present.join(', ')}; correct the manifest`;
    throw new ShoalError('FAILED_PRECONDITION', message);
  }
}

function checkDim(output: Tensor, name: string, dim: number): void {
  const found = output.dims.at(-1);
  if (found === dim) return;
  const message = `the manifest gives output ${name} ${dim} dimensions, but the graph gives ${found}; correct the manifest`;
  throw new ShoalError('FAILED_PRECONDITION', message);
}

function outputOf(results: InferenceSession.OnnxValueMapType, name: string): Tensor {
  return present(results[name], `output ${name}`);
}

function floatsOf(output: Tensor): Float32Array {
  assert(output.data instanceof Float32Array, 'the graph gives float32');
  return output.data;
}

/** Low words of little-endian int64 through an int32 view, which avoids a BigInt a token. */
function idsColumn(batch: readonly Sequence[], length: number, padId: number): BigInt64Array {
  const column = new BigInt64Array(batch.length * length).fill(BigInt(padId));
  const low = new Int32Array(column.buffer);
  batch.forEach(({ ids }, position) => {
    for (let i = 0; i < ids.length; i++) low[2 * (position * length + i)] = ids[i]!;
  });
  return column;
}

function maskColumn(batch: readonly Sequence[], length: number): BigInt64Array {
  const column = new BigInt64Array(batch.length * length);
  batch.forEach(({ attended }, position) => column.fill(1n, position * length, position * length + attended));
  return column;
}

/** The sum of `rows` (float32[n, dim]) into `sum`, which holds row 0 already. */
function addRows(sum: Float32Array, rows: Float32Array): void {
  for (let i = sum.length; i < rows.length; i++) sum[i % sum.length]! += rows[i]!;
}

function normalize(vector: Float32Array): void {
  let squares = 0;
  for (const value of vector) squares += value * value;
  if (squares === 0) return;
  const factor = 1 / Math.sqrt(squares);
  for (let i = 0; i < vector.length; i++) vector[i]! *= factor;
}
