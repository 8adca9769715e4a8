/**
 * `npm run bench -- NAME [--json] [--smoke] [options]`: runs one benchmark; without NAME lists them.
 *
 * A benchmark NAME is the file `test/bench/NAME.ts`. Its result goes to standard output, a table or with --json one object; progress
 * goes to standard error.
 */
import { systemClock } from '../../base/clock.js';
import { loadBenchmark, namesOfBenchmarks } from './catalogue.js';
import { describeHost } from './host.js';
import { listText, optionsOf, renderTable, UsageError } from './text.js';

async function main(args: readonly string[]): Promise<number> {
  const names = namesOfBenchmarks();
  const name = args.find((arg) => !arg.startsWith('-'));
  if (name === undefined || args[0] !== name) return list(names, args);
  if (!names.includes(name)) {
    process.stderr.write(`no benchmark is named ${name}; there are: ${names.join(', ')}\n`);
    return 2;
  }
  const benchmark = await loadBenchmark(name);
  const { json, smoke, options } = optionsOf(benchmark, args.slice(1));
  const progress = (line: string): void => void process.stderr.write(`${line}\n`);
  const { rows, hash } = await benchmark.run({ smoke, options, clock: systemClock, progress });
  const host = describeHost();
  if (json) process.stdout.write(`${JSON.stringify({ benchmark: name, host, hash, rows })}\n`);
  else
    process.stdout.write(
      `${renderTable(rows)}\n\nhash ${hash}; ${host.threads} threads of ${host.cpu}, kernels ${host.isa}\n`,
    );
  return 0;
}

async function list(names: readonly string[], args: readonly string[]): Promise<number> {
  const unknown = args.filter((arg) => !['--help', '-h', '--json', '--smoke'].includes(arg));
  if (unknown.length > 0)
    throw new UsageError(`the name of a benchmark comes before ${unknown.join(' ')}; there are: ${names.join(', ')}`);
  const benchmarks = await Promise.all(names.map(loadBenchmark));
  const summaries = benchmarks.map(({ name, summary }) => ({ name, summary }));
  process.stdout.write(
    args.includes('--json') ? `${JSON.stringify({ benchmarks: summaries })}\n` : listText(benchmarks),
  );
  return 0;
}

process.exitCode = await main(process.argv.slice(2)).catch((error: unknown) => {
  const isUsage = error instanceof UsageError;
  process.stderr.write(
    `${error instanceof Error ? (isUsage ? error.message : (error.stack ?? error.message)) : String(error)}\n`,
  );
  return isUsage ? 2 : 1;
});
