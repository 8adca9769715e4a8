/**
 * Every benchmark still runs, at its smoke size, and gives the same answers twice: the hash covers answers, never times.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { systemClock } from '../../base/clock.js';
import type { Benchmark, BenchmarkResult } from './benchmark.js';
import { loadBenchmark, namesOfBenchmarks } from './catalogue.js';
import { optionsOf } from './text.js';

const smokeTimeoutMs = 120_000;
/** A benchmark that takes longer runs once. */
const cheapMs = 15_000;

describe('the benchmark', () => {
  for (const name of namesOfBenchmarks()) {
    it(`${name} runs at smoke size and repeats its hash`, async function () {
      this.timeout(smokeTimeoutMs);
      const benchmark = await loadBenchmark(name);
      const begin = systemClock.monotonicMs();
      const first = await smoke(benchmark);
      assert.match(first.hash, /^[0-9a-f]{8,}$/);
      assert.ok(first.rows.length > 0, 'it has rows');
      assert.deepEqual(JSON.parse(JSON.stringify(first.rows)), first.rows, 'rows are plain JSON with finite numbers');
      if (systemClock.monotonicMs() - begin < cheapMs) assert.equal((await smoke(benchmark)).hash, first.hash);
    });
  }
});

describe('the command line of the benchmarks', () => {
  it('lists them all without a name', () => {
    const { status, stdout } = bench(['--json']);
    const { benchmarks } = JSON.parse(stdout) as { benchmarks: { name: string }[] };
    assert.equal(status, 0);
    assert.deepEqual(
      benchmarks.map(({ name }) => name),
      namesOfBenchmarks(),
    );
  });

  it('refuses an unknown name with exit code 2 and says which there are', () => {
    const { status, stdout, stderr } = bench(['no-such-thing']);
    assert.equal(status, 2);
    assert.equal(stdout, '');
    assert.match(stderr, /no benchmark is named no-such-thing; there are: /);
  });
});

function smoke(benchmark: Benchmark): Promise<BenchmarkResult> {
  const { options } = optionsOf(benchmark, ['--smoke']);
  return benchmark.run({ smoke: true, options, clock: systemClock, progress: () => undefined });
}

function bench(args: readonly string[]): { status: number | null; stdout: string; stderr: string } {
  const main = fileURLToPath(new URL('main.ts', import.meta.url));
  return spawnSync(process.execPath, ['--import', 'tsx', main, ...args], { encoding: 'utf8' });
}
