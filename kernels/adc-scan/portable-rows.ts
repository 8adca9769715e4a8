/** Portable twin of rows.h: the same integers. */
import type { NativeKernels } from '../native-kernels.js';

/** See `NativeKernels.scoreCodeRows`. */
export const scoreCodeRows: NativeKernels['scoreCodeRows'] = (...scored) => {
  const [levels, scale, codes, factors, rows, scores] = scored;
  const pairs = levels.length / 32;
  const [offset, anchorWeight] = [scale[0]!, scale[1]!];
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i]!;
    let sum = offset;
    for (let p = 0; p < pairs; p++) {
      const byte = codes[row * pairs + p]!;
      sum += levels[p * 32 + (byte & 15)]! + levels[p * 32 + 16 + (byte >> 4)]!;
    }
    scores[i] = factors[2 * row]! * sum + factors[2 * row + 1]! * anchorWeight;
  }
};
