/** Which benchmarks there are: every file of this folder but the ones that run them. */
import { readdirSync } from 'node:fs';
import type { Benchmark } from './benchmark.js';

const runners = new Set(['main.ts', 'benchmark.ts', 'catalogue.ts', 'host.ts', 'measure.ts', 'text.ts']);

/** Ascending. A file that only helps others lies in a folder below. */
export function namesOfBenchmarks(): string[] {
  return readdirSync(new URL('.', import.meta.url))
    .filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts') && !runners.has(name))
    .map((name) => name.slice(0, -'.ts'.length))
    .sort();
}

/** The benchmark of `name`, one of `namesOfBenchmarks()`. */
export async function loadBenchmark(name: string): Promise<Benchmark> {
  const { benchmark } = (await import(`./${name}.js`)) as { benchmark?: Benchmark };
  if (benchmark === undefined)
    throw new Error(`test/bench/${name}.ts exports no benchmark; helpers lie in a folder below`);
  if (benchmark.name !== name)
    throw new Error(`test/bench/${name}.ts holds a benchmark of another name, ${benchmark.name}`);
  return benchmark;
}
