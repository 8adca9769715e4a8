/** A copy of the product with one bug in it: how the simulation is shown to have teeth. */
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runSeeds } from '../seeds.js';

/** One change of a source file. */
export interface Patch {
  readonly file: string;
  /** Occurs exactly once in the file. */
  readonly find: string;
  readonly replace: string;
}

export interface PlantedBug extends Patch {
  /** What the product then does wrong. */
  readonly name: string;
  /** Further changes: where one safeguard stands behind another, none of the two alone shows. */
  readonly also?: readonly Patch[];
  /** The seed to begin with, near the one that finds it: seeds that find nothing are not run each time. 1 unless told. */
  readonly from?: number;
}

/** Seeds within which a planted bug must be found: every change of the product deals the faults anew, and shifts them. */
export const seedsToFind = 200;

export interface Finding {
  /** The seed that found it; null when none did. */
  readonly seed: number | null;
  /** Seeds that were run. */
  readonly seeds: number;
  readonly violation: string;
}

const root = fileURLToPath(new URL('../../..', import.meta.url));
const folders = [
  'base',
  'proto',
  'kernels',
  'vector-index',
  'trainer',
  'cluster',
  'coordinator',
  'shard-node',
  'test/simulation',
];

/** Runs `seeds` seeds, `seedsToFind` unless told, with `bug` in a copy of the product, until one finds it. Throws unless `find` occurs exactly once. */
export async function findPlanted(
  bug: PlantedBug,
  options: { operations: number; processes: number; seeds?: number },
): Promise<Finding> {
  const copy = mkdtempSync(join(tmpdir(), 'shoal-planted-'));
  try {
    for (const folder of folders) cpSync(join(root, folder), join(copy, folder), { recursive: true, filter: isSource });
    for (const file of ['package.json', 'tsconfig.json']) cpSync(join(root, file), join(copy, file));
    symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'));
    for (const patch of [bug, ...(bug.also ?? [])]) plant(bug.name, patch, copy);
    const { seeds: count = seedsToFind, ...how } = options;
    const lines = await runSeeds({ first: bug.from ?? 1, count, untilFound: true, root: copy, ...how });
    const found = lines.find(({ violation }) => violation !== null);
    return { seed: found?.seed ?? null, seeds: lines.length, violation: found?.violation ?? '' };
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
}

/** Puts a part of the bug `name` into the sources below `copy`. */
function plant(name: string, { file, find, replace }: Patch, copy: string): void {
  const path = join(copy, file);
  const source = readFileSync(path, 'utf8');
  const count = source.split(find).length - 1;
  if (count !== 1) throw new Error(`'${name}': the text to replace occurs ${count} times in ${file}, not once`);
  writeFileSync(
    path,
    source.replace(find, () => replace),
  );
}

function isSource(path: string): boolean {
  return !/\.(cc|h|node|binpb)$/.test(path);
}
