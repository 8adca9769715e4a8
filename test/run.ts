/**
 * The suite: `npm test [-- FOLDER… --grep TEXT --nightly]`. Runs the folders of folders.ts, each in a process of its own, and
 * ends with one line, `N passed, N failed, N skipped`.
 */
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { groups, setUpBudgetMinutes, type Group, type Part } from './folders.js';
import { availableInstructionSets } from './instruction-sets.js';
import { nothingRan, sum, summaryOf, type FolderResults } from './results.js';

const root = fileURLToPath(new URL('..', import.meta.url));
/** A folder that takes this many times its group's budget hangs. */
const hangFactor = 3;
/** And in the long versions that run at night this many times more. */
const nightlyFactor = 10;

interface Selection {
  /** Paths below test/; empty = all. */
  readonly paths: readonly string[];
  readonly grep: string;
  readonly isNightly: boolean;
}

interface Timed {
  readonly results: FolderResults;
  readonly seconds: number;
}

async function main(): Promise<number> {
  const selection = selectionOf(process.argv.slice(2));
  const unknown = unknownFolders();
  if (unknown.length > 0)
    throw new Error(`add to test/folders.ts: ${unknown.join(', ')} (tests there would never run)`);
  let all = nothingRan;
  const times = [setUpTime()];
  for (const group of groups) {
    const { results, seconds } = await runGroup(group, selection);
    all = sum(all, results);
    if (seconds > 0) times.push(timeLine(group.name, seconds, group.budgetMinutes));
  }
  print(all, times);
  return all.failures.length > 0 || all.passed === 0 ? 1 : 0;
}

function selectionOf(args: string[]): Selection {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: { grep: { type: 'string', default: '' }, nightly: { type: 'boolean', default: false } },
  });
  const paths = positionals.map((path) => path.replace(/^(\.\/)?test\//, '').replace(/\/$/, ''));
  const missing = paths.filter((path) => !existsSync(join(root, 'test', path)));
  if (missing.length > 0) throw new Error(`no such folder or file in test/: ${missing.join(', ')}`);
  return { paths, grep: values.grep, isNightly: values.nightly };
}

/** Folders with tests that the table does not know. */
function unknownFolders(): string[] {
  const known = new Set(groups.flatMap((group) => group.parts.map((part) => part.folder)));
  return readdirSync(join(root, 'test'), { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && !known.has(entry.name) && testFilesOf(entry.name).length > 0)
    .map((entry) => `test/${entry.name}`);
}

async function runGroup(group: Group, selection: Selection): Promise<Timed> {
  let results = nothingRan;
  let seconds = 0;
  for (const part of group.parts) {
    const files = part.isNightly === true && !selection.isNightly ? [] : selectedFiles(part, selection.paths);
    for (const variant of files.length === 0 ? [] : variantsOf(part)) {
      const timed = await runPart(part, files, {
        selection,
        variant,
        limitMinutes: group.budgetMinutes * hangFactor * (selection.isNightly ? nightlyFactor : 1),
      });
      results = sum(results, timed.results);
      seconds += timed.seconds;
    }
  }
  return { results, seconds };
}

/** The environments in which a folder runs, one after the other. */
function variantsOf(part: Part): Record<string, string>[] {
  if (part.isPerInstructionSet !== true) return [{}];
  return availableInstructionSets().map((name) => ({ SHOAL_KERNELS: name }));
}

function selectedFiles(part: Part, paths: readonly string[]): string[] {
  const files = testFilesOf(part.folder);
  if (paths.length === 0) return files;
  return files.filter((file) =>
    paths.some((path) => file === join('test', path) || file.startsWith(join('test', path) + '/')),
  );
}

/** The test files of a folder, relative to the root, in a fixed order. */
function testFilesOf(folder: string): string[] {
  const path = join(root, 'test', folder);
  if (!existsSync(path)) return [];
  return readdirSync(path, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.test.ts'))
    .sort()
    .map((name) => join('test', folder, name));
}

interface RunOptions {
  readonly selection: Selection;
  readonly variant: Readonly<Record<string, string>>;
  readonly limitMinutes: number;
}

async function runPart(part: Part, files: readonly string[], options: RunOptions): Promise<Timed> {
  const label = [`test/${part.folder}`, ...Object.entries(options.variant).map((pair) => pair.join('='))].join(' ');
  process.stdout.write(`\n${label}\n`);
  const folder = mkdtempSync(join(tmpdir(), 'shoal-suite-'));
  const begin = performance.now();
  try {
    const resultsFile = join(folder, 'results.json');
    const environment = { ...options.variant, ...(options.selection.isNightly ? { SHOAL_NIGHTLY: '1' } : {}) };
    const end = await spawnFolder([resultsFile, options.selection.grep, ...files], environment, options.limitMinutes);
    const results = existsSync(resultsFile) ? read(resultsFile) : nothingRan;
    const seconds = (performance.now() - begin) / 1000;
    const ended = end === null && existsSync(resultsFile) ? results : sum(results, crash(label, end ?? 'ended early'));
    process.stdout.write(`  ${summaryOf(ended)} in ${seconds.toFixed(1)} s\n`);
    return { results: ended, seconds };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Resolves with null after a regular end, else with how the process died. */
function spawnFolder(
  args: readonly string[],
  variant: Record<string, string>,
  limitMinutes: number,
): Promise<string | null> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ['--import', 'tsx', join(root, 'test/folder.ts'), ...args], {
      cwd: root,
      stdio: 'inherit',
      env: { ...process.env, ...variant },
    });
    const limit = setTimeout(() => child.kill('SIGKILL'), limitMinutes * 60_000);
    child.on('error', reject);
    child.on('close', (code, signal) => {
      clearTimeout(limit);
      if (signal !== null) resolve(`was ended by ${signal}`);
      else resolve(code === 0 || code === 1 ? null : `exited with ${String(code)}`);
    });
  });
}

function read(resultsFile: string): FolderResults {
  return JSON.parse(readFileSync(resultsFile, 'utf8')) as FolderResults;
}

function crash(label: string, end: string): FolderResults {
  return { ...nothingRan, failures: [{ title: `the process of ${label} ${end}` }] };
}

function setUpTime(): string {
  const file = join(root, '.cache/setup.json');
  const seconds = existsSync(file)
    ? ((JSON.parse(readFileSync(file, 'utf8')) as { seconds?: number }).seconds ?? 0)
    : 0;
  return timeLine('set-up', seconds, setUpBudgetMinutes);
}

function timeLine(name: string, seconds: number, budgetMinutes: number): string {
  const isOver = seconds > budgetMinutes * 60;
  const budget = `of ${budgetMinutes} min${isOver ? '  OVER BUDGET' : ''}`;
  return `  ${name.padEnd(24)}${seconds.toFixed(1).padStart(8)} s ${budget}`;
}

function print(all: FolderResults, times: readonly string[]): void {
  const lines = ['', 'time by group', ...times, ''];
  if (all.skipped.length > 0) lines.push('skipped', ...skippedLines(all), '');
  if (all.failures.length > 0) lines.push('failed', ...all.failures.map((failure) => `  ${failure.title}`), '');
  if (all.passed === 0 && all.failures.length === 0) lines.push('no test ran: check the folder names and --grep', '');
  process.stdout.write(`${[...lines, summaryOf(all)].join('\n')}\n`);
}

/** Tests that miss the same thing share one line of reason. */
function skippedLines(all: FolderResults): string[] {
  const byReason = new Map<string, string[]>();
  for (const { title, reason } of all.skipped) byReason.set(reason, [...(byReason.get(reason) ?? []), title]);
  return [...byReason].flatMap(([reason, titles]) => [`  ${reason}:`, ...titles.map((title) => `    ${title}`)]);
}

process.exitCode = await main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  return 2;
});
