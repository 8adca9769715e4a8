/** Many seeds at once: one process on each core, each with every so many-th seed. */
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { bundleSimulation } from './bundle.js';
import type { SeedOutcome } from './run-seed.js';

export type SeedLine = Omit<SeedOutcome, 'diary'>;

export interface SeedRange {
  readonly first: number;
  readonly count: number;
  readonly operations: number;
  readonly processes: number;
  /** Ends at the first violation. */
  readonly untilFound?: boolean;
  /** Root of the sources that are run; this repository unless told. */
  readonly root?: string;
}

const nodeFlags = [
  '--enable-source-maps',
  '--max-old-space-size=1536',
  // What lives for one event outlives few collections of a larger nursery.
  '--max-semi-space-size=32',
  // Each process has one core: threads that help one take from the other.
  '--single-threaded-gc',
  // Much is run for a few seeds only, and compiled later it is compiled once.
  '--interrupt-budget=400000',
];

/** How a person runs `seed` again and sees all that happens. */
export function replayCommand(seed: number, operations: number): string {
  return `npx tsx test/simulation/main.ts --seed ${seed} --operations ${operations} --verbose`;
}

/** The outcome of every seed of `range`, ascending. Rejects when a process ends otherwise than by itself. */
export async function runSeeds(range: SeedRange): Promise<readonly SeedLine[]> {
  const { first, processes } = range;
  const root = range.root ?? fileURLToPath(new URL('../..', import.meta.url));
  const bundle = await bundleSimulation(root);
  try {
    const parts = Array.from({ length: processes }, (_, part) => runPart(range, first + part, bundle.entry));
    return (await Promise.all(parts)).flat().sort((a, b) => a.seed - b.seed);
  } finally {
    bundle.remove();
  }
}

async function runPart(range: SeedRange, first: number, entry: string): Promise<readonly SeedLine[]> {
  const { processes, operations } = range;
  const count = Math.ceil((range.count - (first - range.first)) / processes);
  const numbers = ['--seed', first, '--count', count, '--stride', processes, '--operations', operations].map(String);
  const flags = range.untilFound === true ? ['--json', '--until-found'] : ['--json'];
  const args = [...nodeFlags, entry, ...numbers, ...flags];
  const child = spawn(process.execPath, args, {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, SHOAL_KERNELS: 'typescript' },
  });
  const ended = new Promise<number | null>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', resolve);
  });
  const lines: SeedLine[] = [];
  for await (const line of createInterface({ input: child.stdout })) lines.push(JSON.parse(line) as SeedLine);
  const code = await ended;
  const next = first + lines.length * processes;
  if (code !== 0)
    throw new Error(
      `the simulation of seed ${next} ended with code ${String(code)}: ${replayCommand(next, operations)}`,
    );
  return lines;
}
