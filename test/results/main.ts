/**
 * `npm run results [-- --only PART,…] [--quick] [--data DIR] [--out DIR]`: runs parts of the results and writes docs/results.md.
 *
 * Each part leaves a record, docs/results/PART.json, from which tables and plots are made; records of parts that do not run stay. `--only none`
 * makes the document anew and runs nothing. `--quick` runs at smoke size, into .cache/results unless `--out` says where.
 * A part that was asked for by name and is left out, for want of data or of a smoke size, ends it with 1.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { systemClock } from '../../base/clock.js';
import { describeHost } from '../bench/host.js';
import { recordFolder, writeDocument } from './document.js';
import { LeftOut, type Part, type PartContext, type PartRecord } from './findings.js';
import { parts } from './parts/all.js';

const { values: flags } = parseArgs({
  options: {
    only: { type: 'string', default: '' },
    quick: { type: 'boolean', default: false },
    data: { type: 'string', default: '../shared/data' },
    out: { type: 'string' },
  },
});

async function main(): Promise<void> {
  const cache = join('.cache', 'results');
  const out = flags.out ?? (flags.quick ? cache : 'docs');
  for (const folder of [join(out, recordFolder), cache]) mkdirSync(folder, { recursive: true });
  const context: PartContext = { isQuick: flags.quick, data: flags.data, cache, progress: say };
  for (const part of chosenParts(flags.only)) await runPart(part, context, join(out, recordFolder));
  writeDocument(out, parts);
}

function chosenParts(only: string): readonly Part[] {
  if (only === '') return parts;
  if (only === 'none') return [];
  return only.split(',').map((wanted) => {
    const part = parts.find(({ name }) => name === wanted);
    if (part !== undefined) return part;
    throw new Error(`no part is named ${wanted}; there are: ${parts.map(({ name }) => name).join(', ')}, none`);
  });
}

async function runPart(part: Part, context: PartContext, folder: string): Promise<void> {
  say(`${part.name}: begins`);
  try {
    const findings = await part.run(context);
    const origin = { part: part.name, date: new Date(systemClock.wallMs()).toISOString(), commit: commitOf() };
    const record: PartRecord = { ...origin, host: describeHost(), isQuick: context.isQuick, ...findings };
    writeFileSync(join(folder, `${part.name}.json`), `${JSON.stringify(record, null, 1)}\n`);
    say(`${part.name}: done`);
  } catch (error) {
    if (!(error instanceof LeftOut)) throw error;
    say(`${part.name} is left out: ${error.message}`);
    if (flags.only !== '') process.exitCode = 1;
  }
}

/** The commit that runs, with `+` where files that git knows are others; null without git. */
function commitOf(): string | null {
  const git = (...args: string[]): string =>
    execFileSync('git', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
  try {
    const changed = git('status', '--porcelain', '--untracked-files=no', '--', '.', ':!docs');
    return git('rev-parse', '--short', 'HEAD') + (changed === '' ? '' : '+');
  } catch {
    return null;
  }
}

function say(line: string): void {
  process.stderr.write(`${(systemClock.monotonicMs() / 1000).toFixed(0)} s  ${line}\n`);
}

await main();
