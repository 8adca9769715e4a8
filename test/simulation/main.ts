/**
 * Runs seeds: `npx tsx test/simulation/main.ts --seed N [--count N] [--stride N] [--operations N] [--verbose | --json]`.
 *
 * For people it tells what happened before a violation; `--verbose` tells everything. With `--json` each seed is one line for the
 * suite, which runs one such process on each core.
 */
import { parseArgs } from 'node:util';
import { runSeed, type SeedOutcome } from './run-seed.js';

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: '1' },
    count: { type: 'string', default: '1' },
    stride: { type: 'string', default: '1' },
    operations: { type: 'string', default: '2000' },
    verbose: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
  },
});
// Native kernels run on threads of their own, whose order nobody decides.
process.env['SHOAL_KERNELS'] = 'typescript';
const print = values.verbose ? (line: string): void => console.log(line) : null;

for (let at = 0; at < Number(values.count); at += 1) {
  const seed = Number(values.seed) + at * Number(values.stride);
  const [begin, cpu] = [performance.now(), process.cpuUsage()];
  const outcome = await runSeed({ seed, operations: Number(values.operations), print });
  const used = process.cpuUsage(cpu);
  show(outcome, { ms: performance.now() - begin, cpuMs: (used.user + used.system) / 1000 });
}

function show({ diary, ...outcome }: SeedOutcome, took: { readonly ms: number; readonly cpuMs: number }): void {
  if (values.json) return console.log(JSON.stringify(outcome));
  if (outcome.violation !== null && !values.verbose) console.log(diary.join('\n'));
  console.log(JSON.stringify({ ...outcome, ms: Math.round(took.ms), cpuMs: Math.round(took.cpuMs) }));
}
