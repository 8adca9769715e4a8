/**
 * The ranges in which the graph rounds its tensors to eight bits.
 *
 * A few values of the start and end tokens are ten times as large as all others, in every text. Keeping them whole leaves few steps
 * for the rest; clipping them changes what the layers make of these tokens. Which is worse is not to be seen from the values, so each
 * end of each range is narrowed, from the first layer to the last, as long as the vectors come nearer to those of the float graph.
 */
import { assert, present } from '../../base/assert.js';
import { ProbeSession } from '../../encoder-node/model/probe-session.js';
import { buildCalibrationGraph, buildGraph, type Range, type Ranges } from './graph.js';
import type { BertWeights } from './source-weights.js';

export interface CalibrationText {
  /** Token ids of texts over which the extremes are taken. */
  readonly forRanges: readonly Int32Array[];
  /** Those over which vectors are compared: fewer, for it is done hundreds of times. */
  readonly forErrors: readonly Int32Array[];
  onProgress(line: string): void;
}

/** Shares of the full range that are tried, in this order, until one is no better than the one before. */
const shares = [0.8, 0.62, 0.48, 0.36, 0.27, 0.2] as const;
const outputs = ['dense', 'multi'] as const;

type Vectors = ReadonlyMap<string, Float32Array>;

/** Ranges of every tensor that the graph of `weights` rounds. */
export async function calibrate(weights: BertWeights, text: CalibrationText): Promise<Ranges> {
  const { bytes, tensors } = buildCalibrationGraph(weights);
  const float = await ProbeSession.open(bytes);
  try {
    const extremes = await extremesOf(float, text.forRanges, tensors);
    const wanted: Vectors[] = [];
    for (const ids of text.forErrors) wanted.push(await float.run(ids, outputs));
    const errorOf = (ranges: Ranges): Promise<number> =>
      errorAgainst(wanted, buildGraph(weights, ranges), text.forErrors);
    return await narrow(extremes, errorOf, text.onProgress);
  } finally {
    await float.close();
  }
}

/** Narrows each end of each of `extremes` while `errorOf` falls. */
export async function narrow(
  extremes: Ranges,
  errorOf: (ranges: Ranges) => Promise<number>,
  onProgress: (line: string) => void,
): Promise<Ranges> {
  let best = { ranges: extremes, error: await errorOf(extremes) };
  onProgress(`full ranges: error ${best.error.toFixed(5)}`);
  for (const [name, full] of Object.entries(extremes)) {
    for (const end of ['high', 'low'] as const) {
      for (const share of shares) {
        const range: Range = { ...present(best.ranges[name], name), [end]: full[end] * share };
        const ranges = { ...best.ranges, [name]: range };
        const error = await errorOf(ranges);
        if (error >= best.error) break;
        best = { ranges, error };
      }
    }
    onProgress(`${name}: error ${best.error.toFixed(5)}`);
  }
  return best.ranges;
}

async function extremesOf(
  session: ProbeSession,
  sequences: readonly Int32Array[],
  tensors: readonly string[],
): Promise<Ranges> {
  const extremes = new Map<string, Range>(tensors.map((name) => [name, { low: 0, high: 0 }]));
  for (const ids of sequences) {
    for (const [name, values] of await session.run(ids, tensors)) {
      let { low, high } = present(extremes.get(name), name);
      for (const value of values) {
        low = Math.min(low, value);
        high = Math.max(high, value);
      }
      extremes.set(name, { low, high });
    }
  }
  return Object.fromEntries(extremes);
}

/** Mean over sequences of 1 − cosine of the dense vector plus the mean of 1 − cosine of the token vectors. */
async function errorAgainst(
  wanted: readonly Vectors[],
  graph: Uint8Array,
  sequences: readonly Int32Array[],
): Promise<number> {
  const session = await ProbeSession.open(graph);
  try {
    let sum = 0;
    for (const [i, ids] of sequences.entries()) {
      const found = await session.run(ids, outputs);
      for (const name of outputs) sum += meanError(present(found.get(name), name), present(wanted[i]?.get(name), name));
    }
    return sum / sequences.length;
  } finally {
    await session.close();
  }
}

/** Mean of 1 − cosine over rows of unit length: with n values in all rows it is 1 − (a · b) / rows. */
function meanError(a: Float32Array, b: Float32Array): number {
  assert(a.length === b.length && a.length > 0, 'both graphs give the same rows');
  let product = 0;
  let squares = 0;
  for (let i = 0; i < a.length; i++) {
    product += a[i]! * b[i]!;
    squares += b[i]! * b[i]!;
  }
  return 1 - product / squares;
}
