/**
 * The ranges in which the graph rounds its tensors to eight bits: for each the one with the smallest squared error over all values.
 *
 * A few values of the start and end tokens are ten times as large as all others, in every text. Keeping them whole would leave few
 * steps for the rest; clipping them too hard would change what the layer makes of these tokens. The squared error weighs both.
 */
import { assert, present } from '../../base/assert.js';
import { ProbeSession } from '../../encoder-node/model/probe-session.js';
import { buildCalibrationGraph, type Range, type Ranges } from './graph.js';
import type { BertWeights } from './source-weights.js';

const bins = 8_192;
/** Shares of the full range that are tried, for each end. */
const shares = Array.from({ length: 19 }, (_, i) => 1 - 0.05 * i);

/** Ranges of every tensor that `weights`' graph rounds, over `sequences` of token ids. */
export async function calibrate(weights: BertWeights, sequences: readonly Int32Array[]): Promise<Ranges> {
  const { bytes, tensors } = buildCalibrationGraph(weights);
  const session = await ProbeSession.open(bytes);
  try {
    const extremes = await measure(session, sequences, tensors);
    const histograms = await count(session, sequences, extremes);
    return Object.fromEntries(tensors.map((name) => [name, bestRange(present(histograms.get(name), name))]));
  } finally {
    await session.close();
  }
}

async function measure(session: ProbeSession, sequences: readonly Int32Array[], tensors: readonly string[]): Promise<Map<string, Range>> {
  const extremes = new Map<string, Range>(tensors.map((name) => [name, { low: 0, high: 0 }]));
  for (const ids of sequences) {
    for (const [name, values] of await session.run(ids, tensors)) {
      const { low, high } = present(extremes.get(name), name);
      extremes.set(name, { low: values.reduce((a, b) => Math.min(a, b), low), high: values.reduce((a, b) => Math.max(a, b), high) });
    }
  }
  return extremes;
}

interface Histogram {
  readonly range: Range;
  readonly counts: Float64Array;
}

async function count(
  session: ProbeSession,
  sequences: readonly Int32Array[],
  extremes: ReadonlyMap<string, Range>,
): Promise<Map<string, Histogram>> {
  const histograms = new Map([...extremes].map(([name, range]) => [name, { range, counts: new Float64Array(bins) }]));
  for (const ids of sequences) {
    for (const [name, values] of await session.run(ids, [...extremes.keys()])) {
      const { range, counts } = present(histograms.get(name), name);
      const perBin = bins / (range.high - range.low);
      for (const value of values) counts[Math.min(bins - 1, Math.floor((value - range.low) * perBin))]! += 1;
    }
  }
  return histograms;
}

/** Tries shares of both ends. Pure. */
export function bestRange({ range, counts }: Histogram): Range {
  assert(counts.some((each) => each > 0), 'the tensor has values');
  let best = { range, error: Infinity };
  for (const lowShare of shares) {
    for (const highShare of shares) {
      const tried = { low: range.low * lowShare, high: range.high * highShare };
      const error = squaredError(tried, { range, counts });
      if (error < best.error) best = { range: tried, error };
    }
  }
  return best.range;
}

/** Values inside `tried` are off by a uniform share of a step, those outside by their distance to it. */
function squaredError(tried: Range, { range, counts }: Histogram): number {
  const step = (tried.high - tried.low) / 255;
  const width = (range.high - range.low) / counts.length;
  const rounding = (step * step) / 12;
  return counts.reduce((error, each, bin) => {
    const value = range.low + (bin + 0.5) * width;
    const beyond = Math.max(tried.low - value, value - tried.high, 0);
    return error + each * (beyond > 0 ? beyond * beyond : rounding);
  }, 0);
}
