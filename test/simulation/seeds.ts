/** Many seeds at once: one process on each core, each with every so many-th seed. */
import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
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

/**
 * The outcome of every seed of `range`, ascending; with `untilFound` up to the first violation, which no other process outruns.
 * Rejects when a process ends otherwise than by itself.
 */
export async function runSeeds(range: SeedRange): Promise<readonly SeedLine[]> {
  const root = range.root ?? fileURLToPath(new URL('../..', import.meta.url));
  const bundle = await bundleSimulation(root);
  try {
    const parts = Array.from(
      { length: range.processes },
      (_, part) => new Part(range, range.first + part, bundle.entry),
    );
    for (const part of parts) part.onViolation = (seed) => parts.forEach((each) => each.endAfter(seed));
    return (await Promise.all(parts.map((part) => part.run()))).flat().sort((a, b) => a.seed - b.seed);
  } finally {
    bundle.remove();
  }
}

/** Every so many-th seed of a range, in a process of its own. */
class Part {
  readonly #range: SeedRange;
  readonly #child: ChildProcessByStdio<null, Readable, null>;
  readonly #ended: Promise<number | null>;
  readonly #lines: SeedLine[] = [];
  #nextSeed: number;
  #lastSeed = Infinity;
  onViolation: (seed: number) => void = () => undefined;

  constructor(range: SeedRange, first: number, entry: string) {
    const { processes, operations } = range;
    const count = Math.ceil((range.count - (first - range.first)) / processes);
    const numbers = ['--seed', first, '--count', count, '--stride', processes, '--operations', operations].map(String);
    this.#range = range;
    this.#nextSeed = first;
    this.#child = spawn(process.execPath, [...nodeFlags, entry, ...numbers, '--json'], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    this.#ended = new Promise((resolve, reject) => {
      this.#child.on('error', reject);
      this.#child.on('close', resolve);
    });
  }

  async run(): Promise<readonly SeedLine[]> {
    for await (const text of createInterface({ input: this.#child.stdout })) {
      const line = JSON.parse(text) as SeedLine;
      this.#lines.push(line);
      this.#nextSeed += this.#range.processes;
      if (line.violation !== null && this.#range.untilFound === true) this.onViolation(line.seed);
      this.endAfter(this.#lastSeed);
    }
    const code = await this.#ended;
    if (code === 0 || this.#nextSeed > this.#lastSeed) return this.#lines;
    const replay = replayCommand(this.#nextSeed, this.#range.operations);
    throw new Error(`the simulation of seed ${this.#nextSeed} ended with code ${String(code)}: ${replay}`);
  }

  /** Seeds beyond `seed` are of no use any more. */
  endAfter(seed: number): void {
    this.#lastSeed = Math.min(this.#lastSeed, seed);
    if (this.#nextSeed > this.#lastSeed) this.#child.kill('SIGKILL');
  }
}
