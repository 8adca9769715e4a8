/** Runs seeds by hand: `SHOAL_KERNELS=typescript node --import tsx test/simulation/main.ts --seed N [--count N] [--operations N] [--verbose]`. */
import { parseArgs } from 'node:util';
import { runSeed } from './run-seed.js';

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: '1' },
    count: { type: 'string', default: '1' },
    operations: { type: 'string', default: '2000' },
    verbose: { type: 'boolean', default: false },
  },
});
process.env['SHOAL_KERNELS'] = 'typescript';
const print = values.verbose ? (line: string): void => console.log(line) : null;
for (let at = 0; at < Number(values.count); at += 1) {
  const seed = Number(values.seed) + at;
  const begin = performance.now();
  const { diary, ...outcome } = await runSeed({ seed, operations: Number(values.operations), print });
  if (outcome.violation !== null && !values.verbose) console.log(diary.join('\n'));
  console.log(JSON.stringify({ ...outcome, ms: Math.round(performance.now() - begin) }));
}
