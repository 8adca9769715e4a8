/** The machine that a benchmark ran on, as its result names it. */
import { cpus } from 'node:os';

export interface Host {
  readonly cpu: string;
  /** The instruction set of the kernels that ran. */
  readonly isa: string;
  readonly threads: number;
}

export async function describeHost(): Promise<Host> {
  const processors = cpus();
  return { cpu: processors[0]?.model.trim() ?? 'unknown', isa: await isaOfKernels(), threads: processors.length };
}

async function isaOfKernels(): Promise<string> {
  return Promise.resolve('typescript');
}
