/**
 * How near does the exact scan over half-precision rows come to the memory's bandwidth?
 *
 * Arms, interleaved, on one thread: `scan` (scanDense, k = 10) and `sum` (an AVX2 sum over the same bytes). gigabytesPerSecond =
 * 10^9 bytes of rows per second, of the fastest repetition; the median beside it; ratioToSum = scan / sum, both fastest.
 */
import { bytesOf } from '../../base/bytes.js';
import { seededRandom } from '../../base/random.js';
import { scanDense, sumBytes, toFloat16 } from '../../kernels/kernels.js';
import type { Benchmark, BenchmarkContext, BenchmarkResult } from './benchmark.js';
import { hashOf, interleave, normalRows } from './measure.js';

export const benchmark: Benchmark = {
  name: 'dense-scan',
  summary: 'exact scan of half-precision rows against the bandwidth of a plain sum',
  options: [
    { flag: '--megabytes', describe: 'size of the rows', default: '512' },
    { flag: '--dim', describe: 'values of a row', default: '384' },
    { flag: '--repetitions', describe: 'of each arm', default: '9' },
  ],
  run,
};

async function run(context: BenchmarkContext): Promise<BenchmarkResult> {
  const dim = Number(context.options['dim']);
  const megabytes = context.smoke ? 16 : Number(context.options['megabytes']);
  const rows = randomRows(Math.floor((megabytes * 1e6) / (2 * dim)), dim);
  const query = normalRows(seededRandom(2), 1, dim);
  context.progress(`scanning ${megabytes} MB of rows of ${dim} halves`);
  const best = await scanDense({ rows, dim, query, live: null, k: 10 });
  const times = await interleave(context.clock, context.smoke ? 3 : Number(context.options['repetitions']), {
    scan: () => scanDense({ rows, dim, query, live: null, k: 10 }),
    sum: () => sumBytes(bytesOf(rows)),
  });
  const gigabytes = rows.byteLength / 1e9;
  const answer = [...best.rows].map((row, i) => `${row} ${best.scores[i]!.toFixed(3)}`);
  return {
    rows: Object.entries(times).map(([system, { bestMs, medianMs }]) => ({
      system,
      gigabytesPerSecond: gigabytes / (bestMs / 1e3),
      gigabytesPerSecondMedian: gigabytes / (medianMs / 1e3),
      ratioToSum: times.sum.bestMs / bestMs,
      ratioToSumMedian: times.sum.medianMs / medianMs,
    })),
    hash: hashOf(answer),
  };
}

/** 1,024 different rows, repeated with one value changed, so that no two rows are equal and making them is quick. */
function randomRows(count: number, dim: number): Uint16Array {
  const distinct = Math.min(count, 1024);
  const pattern = toFloat16(normalRows(seededRandom(1), distinct, dim));
  const rows = new Uint16Array(count * dim);
  for (let row = 0; row < count; row += distinct) {
    rows.set(pattern.subarray(0, Math.min(distinct, count - row) * dim), row * dim);
  }
  for (let row = 0; row < count; row++) rows[row * dim] = row & 0x2fff;
  return rows;
}
