/** A directory one of whose runs is cut short while it is mapped: what it answers then. Part of the process of `torn-files.ts`. */
import { cpSync, readdirSync, statSync, truncateSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { systemClock } from '../../base/clock.js';
import { ShoalError } from '../../base/errors.js';
import { mergeRuns } from '../../shard-node/directory/store/merge-runs.js';
import { Run } from '../../shard-node/directory/store/run.js';
import { RunDirectoryStore } from '../../shard-node/directory/store/run-directory-store.js';
import { Slices } from '../../vector-index/maintenance/slices.js';
import { systemFiles } from '../../vector-index/system-files.js';
import { commitOf, entry } from '../unit/shard-node/directory/store/directory-store-conformance.js';

/** What came of questions to damaged files. */
export interface Asked {
  /** Questions that were not refused. */
  readonly answered: number;
  /** Those with another answer than before, or another error than DATA_LOSS that names a file. */
  readonly wrong: readonly string[];
}

/** Ids of each of its two runs: some tens of pages, and fewer runs than are merged by themselves. */
const ids = 6_000;

/** A directory as it is open, and the same runs mapped once more. */
interface Opened {
  readonly store: RunDirectoryStore;
  readonly runs: readonly Run[];
  readonly directory: string;
}

type Question = readonly [string, (opened: Opened) => unknown];

const questions: readonly Question[] = [
  ['an id of the older run', ({ store }) => store.get(idOf(7))],
  ['an id of both runs', ({ store }) => store.get(idOf(ids - 1))],
  ['the last id', ({ store }) => store.get(idOf(1.5 * ids - 1))],
  ['an id that is gone', ({ store }) => store.get(idOf(ids + 2))],
  ['an id that never was', ({ store }) => store.get('nobody')],
  ['the first ids', ({ store }) => store.list('', 10)],
  ['ids in the middle', ({ store }) => store.list(idOf(ids), 100)],
  ['all ids', ({ store }) => store.list('', 3 * ids)],
  ['a state that is held', ({ store }) => store.hold().list('', 3 * ids)],
  ['a merge of both', merged],
];

function idOf(number: number): string {
  return `document ${String(number).padStart(6, '0')}`;
}

/** The number of ids in what becomes of both runs. */
async function merged({ runs, directory }: Opened): Promise<number> {
  const path = join(directory, 'merged');
  const slices = new Slices(systemClock);
  await mergeRuns({ runs, isOldest: true, files: systemFiles, path, slices, isCancelled: () => false });
  const run = Run.open(systemFiles, path);
  const { entries } = run;
  run.close();
  return entries;
}

/** Two commits: half of the ids of the second one were in the first one, and some of these are gone. */
async function fillDirectory(directory: string): Promise<void> {
  const store = await RunDirectoryStore.open({ directory, files: systemFiles, clock: systemClock });
  for (const round of [0, 1]) {
    const numbers = Array.from({ length: ids }, (_, at) => (round * ids) / 2 + at);
    const entries = numbers.map((number) => {
      const isGone = round === 1 && number % 5 === 2;
      return [idOf(number), isGone ? null : entry(BigInt(4_096 * (round + 1) + number))] as const;
    });
    await store.commit(commitOf(BigInt(round + 1), Object.fromEntries(entries)));
  }
  await store.close();
}

async function openDirectory(directory: string): Promise<Opened> {
  const store = await RunDirectoryStore.open({ directory, files: systemFiles, clock: systemClock });
  const runs = runsIn(directory).map((path) => Run.open(systemFiles, path));
  return { store, runs, directory };
}

async function close({ store, runs }: Opened): Promise<void> {
  for (const run of runs) run.close();
  await store.close();
}

/** Paths of the runs in `directory`, oldest first. */
function runsIn(directory: string): string[] {
  const names = readdirSync(directory).filter((name) => name.startsWith('run-'));
  return names.sort().map((name) => join(directory, name));
}

/** Asks everything of a directory either of whose runs is cut at several places, after all of its blocks were checked or before. */
export async function askDirectory(folder: string, { isChecked }: { readonly isChecked: boolean }): Promise<Asked> {
  const whole = await mkdtemp(join(folder, 'directory-'));
  await fillDirectory(whole);
  const wrong: string[] = [];
  let answered = 0;
  for (const [name, ask] of questions) {
    const untouched = await openDirectory(whole);
    const expected = await ask(untouched);
    await close(untouched);
    for (const cut of [0, 1]) {
      for (const share of [0, 0.4, 0.8, 0.999]) {
        const directory = await mkdtemp(join(folder, 'cut-'));
        cpSync(whole, directory, { recursive: true });
        const opened = await openDirectory(directory);
        if (isChecked) opened.store.list('', 3 * ids);
        const path = runsIn(directory)[cut]!;
        truncateSync(path, Math.floor(statSync(path).size * share));
        const found = await (async () => ask(opened))().catch((error: unknown) => ShoalError.from(error));
        if (!(found instanceof ShoalError)) answered += 1;
        const isRefused = found instanceof ShoalError && found.code === 'DATA_LOSS' && found.message.includes(path);
        if (!isRefused && !isDeepStrictEqual(found, expected)) wrong.push(`${name}, run ${cut}: ${String(found)}`);
        await close(opened);
      }
    }
  }
  return { answered, wrong };
}
