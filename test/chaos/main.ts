/**
 * `npm run --silent chaos -- [--smoke] [--json] [--seed N] [--kills N] [--operations N]`: kill -9 of a real `shoal dev` at random moments
 * of mixed writes. Nothing that was acknowledged may be missing, nothing deleted may return, nothing may stand twice: then the exit
 * code is 0, else 1. With --json one object is all that goes to standard output.
 */
import { parseArgs } from 'node:util';
import { inFolder } from '../temporary-folder.js';
import { runChaos, type ChaosResult } from './run.js';

const sizes = {
  smoke: { kills: 20, operations: 20_000 },
  full: { kills: 200, operations: 400_000 },
} as const;

async function main(args: string[]): Promise<number> {
  const { values } = parseArgs({
    args,
    options: {
      smoke: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      seed: { type: 'string', default: '1' },
      kills: { type: 'string' },
      operations: { type: 'string' },
    },
  });
  const size = values.smoke ? sizes.smoke : sizes.full;
  const seed = numberOf(values.seed, '--seed');
  const kills = values.kills === undefined ? size.kills : numberOf(values.kills, '--kills');
  const operations = values.operations === undefined ? size.operations : numberOf(values.operations, '--operations');
  const progress = (line: string): void => void process.stderr.write(`${line}\n`);
  const { result, problems } = await inFolder((directory) =>
    runChaos({ directory, seed, kills, operations, progress }),
  );
  for (const problem of problems.slice(0, 50)) progress(problem);
  process.stdout.write(values.json ? `${JSON.stringify(result)}\n` : `${sentence(result)}\n`);
  return result.lost + result.resurrected + result.duplicates === 0 ? 0 : 1;
}

function numberOf(text: string, flag: string): number {
  if (/^\d{1,9}$/.test(text)) return Number(text);
  throw new Error(`${flag} takes a number, not ${JSON.stringify(text)}`);
}

function sentence({ seed, kills, acknowledged, lost, resurrected, duplicates }: ChaosResult): string {
  const found = `${lost} lost, ${resurrected} resurrected, ${duplicates} duplicates`;
  return `${kills} kills, ${acknowledged} writes acknowledged: ${found} (seed ${seed})`;
}

process.exitCode = await main(process.argv.slice(2)).catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  return 2;
});
