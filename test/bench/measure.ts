/** What the kernels' benchmarks share: interleaved arms, vectors, the hash of an answer. */
import { createHash } from 'node:crypto';
import type { Clock } from '../../base/clock.js';
import type { Random } from '../../base/random.js';

export interface Times {
  readonly bestMs: number;
  readonly medianMs: number;
}

/** Runs every arm once to warm up, then all of them in turn, `repetitions` times, so that a slow moment hits all alike. */
export async function interleave<Arm extends string>(
  clock: Clock,
  repetitions: number,
  arms: Readonly<Record<Arm, () => unknown>>,
): Promise<Record<Arm, Times>> {
  const entries = Object.entries(arms) as [Arm, () => unknown][];
  const measured = new Map(entries.map(([name]) => [name, [] as number[]]));
  for (const [, work] of entries) await work();
  for (let r = 0; r < repetitions; r++) {
    for (const [name, work] of entries) {
      const start = clock.monotonicMs();
      await work();
      measured.get(name)!.push(clock.monotonicMs() - start);
    }
  }
  return Object.fromEntries([...measured].map(([name, times]) => [name, timesOf(times)])) as Record<Arm, Times>;
}

function timesOf(times: readonly number[]): Times {
  const sorted = [...times].sort((a, b) => a - b);
  return { bestMs: sorted[0] ?? NaN, medianMs: sorted[sorted.length >> 1] ?? NaN };
}

/** float32[count, dim] of unit length. */
export function normalRows(random: Random, count: number, dim: number): Float32Array {
  const values = Float32Array.from({ length: count * dim }, () => random.normal());
  for (let start = 0; start < values.length; start += dim) {
    const row = values.subarray(start, start + dim);
    const length = Math.sqrt(row.reduce((sum, value) => sum + value * value, 0));
    for (let j = 0; j < dim; j++) row[j]! /= length;
  }
  return values;
}

/** The first 16 hexadecimal digits of the SHA-256 of the lines. */
export function hashOf(lines: readonly string[]): string {
  return createHash('sha256').update(lines.join('\n')).digest('hex').slice(0, 16);
}
