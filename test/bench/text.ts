/** What the benchmarks' command line reads and prints. Pure text in, text out. */
import type { Benchmark } from './benchmark.js';

/** The command was typed wrongly: exit code 2. */
export class UsageError extends Error {}

export interface BenchArguments {
  readonly json: boolean;
  readonly smoke: boolean;
  readonly options: Readonly<Record<string, string>>;
}

/** `args` behind the name; every option of `benchmark` has a value afterwards. Accepts `--flag value` and `--flag=value`. */
export function optionsOf(benchmark: Benchmark, args: readonly string[]): BenchArguments {
  const values: Record<string, string> = {};
  for (const option of benchmark.options) values[nameOf(option.flag)] = option.default;
  let json = false;
  let smoke = false;
  for (let i = 0; i < args.length; i++) {
    const [flag = '', ...inline] = (args[i] ?? '').split('=');
    if (flag === '--json') json = true;
    else if (flag === '--smoke') smoke = true;
    else if (!(nameOf(flag) in values) || !flag.startsWith('--')) {
      throw new UsageError(`${benchmark.name} has no option ${flag}\n\n${optionsText(benchmark)}`);
    } else {
      const value = inline.length > 0 ? inline.join('=') : args[++i];
      if (value === undefined) throw new UsageError(`${flag} needs a value`);
      values[nameOf(flag)] = value;
    }
  }
  return { json, smoke, options: values };
}

function nameOf(flag: string): string {
  return flag.replace(/^--/, '').replace(/[ =].*$/, '');
}

/** All benchmarks, each with its options. */
export function listText(benchmarks: readonly Benchmark[]): string {
  const width = Math.max(...benchmarks.map(({ name }) => name.length), 0) + 2;
  const lines = benchmarks.map(
    (benchmark) => `${benchmark.name.padEnd(width)}${benchmark.summary}\n${optionsText(benchmark)}`,
  );
  return ['npm run bench -- NAME [--json] [--smoke] [options]', '', ...lines].join('\n');
}

function optionsText(benchmark: Benchmark): string {
  return benchmark.options
    .map(({ flag, describe, default: value }) => `    ${flag.padEnd(24)} ${describe} (${value})\n`)
    .join('');
}

/** Rows as columns, numbers to the right with the digits that matter. */
export function renderTable(rows: readonly Record<string, unknown>[]): string {
  const columns = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  const cells = rows.map((row) => columns.map((column) => cellText(row[column])));
  const widths = columns.map((column, i) => Math.max(column.length, ...cells.map((row) => row[i]?.length ?? 0)));
  const isNumber = columns.map((column) => rows.every((row) => ['number', 'undefined'].includes(typeof row[column])));
  const align = (text: string, i: number): string =>
    isNumber[i] === true ? text.padStart(widths[i] ?? 0) : text.padEnd(widths[i] ?? 0);
  return [columns, ...cells].map((row) => row.map(align).join('  ').trimEnd()).join('\n');
}

function cellText(value: unknown): string {
  if (value === undefined || value === null) return '-';
  if (typeof value === 'number') return Number.isInteger(value) ? String(value) : String(Number(value.toPrecision(4)));
  return typeof value === 'string' ? value : JSON.stringify(value);
}
