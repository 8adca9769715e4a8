/**
 * The same call on the reference and on the kernels under test. Those are the set that SHOAL_KERNELS names (the suite runs this folder
 * once for each), else the best; the reference is plain C++, or the portable twin where the addon is not built.
 */
import { seededRandom, type Random } from '../../base/random.js';
import { loadAddon, nativeKernels } from '../../kernels/native.js';
import type { NativeKernels } from '../../kernels/native-kernels.js';
import { portableKernels } from '../../kernels/portable.js';

/** Runs `work` on both, one after the other, each with the arrays it makes itself. */
export async function onBoth<T>(work: (kernels: NativeKernels) => T | Promise<T>): Promise<{ expected: T; actual: T }> {
  const tested = nativeKernels();
  const name = tested.selected();
  const addon = loadAddon();
  if (addon === null) return { expected: await work(portableKernels), actual: await work(tested) };
  const before = addon.selected();
  try {
    addon.select('reference');
    const expected = await work(addon);
    if (name !== 'typescript') addon.select(name);
    return { expected, actual: await work(tested) };
  } finally {
    addon.select(before);
  }
}

/** The generator of these tests; SHOAL_SEED changes its seed, which a failure prints with the sizes. */
export function testRandom(): Random {
  return seededRandom(Number(process.env['SHOAL_SEED'] ?? 20_260_101));
}

/** `count` normal values, each row of `dim` scaled to length 1 where `dim` is given. */
export function normals(random: Random, count: number, dim?: number): Float32Array {
  const values = Float32Array.from({ length: count }, () => random.normal());
  if (dim === undefined) return values;
  for (let start = 0; start < count; start += dim) {
    const row = values.subarray(start, start + dim);
    const length = Math.sqrt(row.reduce((sum, value) => sum + value * value, 0));
    for (let j = 0; j < dim; j++) row[j]! /= length;
  }
  return values;
}

/** The bits of floats, so that equality means equality of every bit. */
export function bitsOf(values: Float32Array): Uint32Array {
  return new Uint32Array(values.buffer.slice(values.byteOffset, values.byteOffset + values.byteLength));
}

/** A stop sign that nobody sets. */
export function never(): Uint8Array {
  return new Uint8Array(1);
}
