/** The machine that a benchmark ran on, as its result names it. */
import { cpus } from 'node:os';
import { kernelIsa } from '../../kernels/kernels.js';

export interface Host {
  readonly cpu: string;
  /** The instruction set of the kernels that ran. */
  readonly isa: string;
  readonly threads: number;
}

export function describeHost(): Host {
  const processors = cpus();
  return { cpu: processors[0]?.model.trim() ?? 'unknown', isa: kernelIsa(), threads: processors.length };
}
