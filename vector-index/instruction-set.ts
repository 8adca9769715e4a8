/** Which kernels compute the index's scores on this machine, for status and for the comparison of results. */
import { kernelIsa } from '../kernels/kernels.js';

/** `avx512`, `avx2`, `neon`, `reference` or `typescript`. */
export function instructionSet(): string {
  return kernelIsa();
}
