/** Damages copies of a data folder, one fault each, and asks a process that may die of it what came of it. */
import { fork, type ChildProcess } from 'node:child_process';
import { cpSync, readdirSync, rmSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Random } from '../../base/random.js';
import { damage, describeFault, drawFault } from '../flip.js';
import type { Contents, Outcome, Task } from './victim.js';

/** A process is replaced after so many folders, since each leaves something behind in it. */
const tasksMax = 50;
const taskMs = 60_000;

export interface Verdict {
  /** What was done to which file. */
  readonly fault: string;
  readonly kind: 'equal' | 'refused' | 'wrong' | 'unclear' | 'crash';
  readonly detail: string;
}

export class Judge {
  readonly #folder: string;
  #victim: ChildProcess | null = null;
  #tasks = 0;

  /** `folder` is for copies. */
  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Fills `directory` and kills the process that did it. */
  async fill(directory: string): Promise<void> {
    const end = await this.#ask({ directory, work: 'fill' });
    if (end !== 'SIGKILL') throw new Error(`filling ended with ${JSON.stringify(end)}`);
  }

  /** What a whole copy of `directory` holds. */
  async contents(directory: string): Promise<Contents> {
    const outcome = await this.#ask({ directory: this.#copy(directory), work: 'read' });
    if (typeof outcome === 'string' || outcome.kind !== 'contents') throw new Error(JSON.stringify(outcome));
    return outcome.contents;
  }

  /** One fault drawn from `random` in the file `file` of a copy of `directory`. */
  async trial(directory: string, file: string, random: Random, expected: Contents): Promise<Verdict> {
    const copy = this.#copy(directory);
    const fault = drawFault(random, join(copy, file));
    damage(join(copy, file), fault);
    const outcome = await this.#ask({ directory: copy, work: 'judge', expected });
    return { fault: `${file}: ${describeFault(fault)}`, ...verdictOf(outcome, file) };
  }

  close(): void {
    this.#victim?.kill('SIGKILL');
    this.#victim = null;
  }

  #copy(directory: string): string {
    const copy = join(this.#folder, 'copy');
    rmSync(copy, { recursive: true, force: true });
    cpSync(directory, copy, { recursive: true });
    return copy;
  }

  /** The outcome, or how the process ended. */
  #ask(task: Task): Promise<Outcome | string> {
    const victim = (this.#victim ??= fork(fileURLToPath(new URL('victim.ts', import.meta.url)), {
      execArgv: ['--import', 'tsx'],
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    }));
    this.#tasks += 1;
    return new Promise((resolve) => {
      const done = (outcome: Outcome | string): void => {
        clearTimeout(limit);
        victim.removeAllListeners();
        if (typeof outcome === 'string' || this.#tasks >= tasksMax) {
          this.close();
          this.#tasks = 0;
        }
        resolve(outcome);
      };
      const limit = setTimeout(() => done('no answer'), taskMs);
      victim.on('message', (outcome: Outcome) => done(outcome));
      victim.on('exit', (code, signal) => done(signal ?? `exit ${String(code)}`));
      victim.send(task);
    });
  }
}

/** Every file of a data folder that is not empty, by its kind, ascending; lock files are among them. */
export function filesByKind(directory: string): string[][] {
  const entries = readdirSync(directory, { recursive: true, withFileTypes: true });
  const paths = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const kinds = new Map<string, string[]>();
  for (const path of paths.filter((each) => statSync(each).size > 0).sort()) {
    const file = path.slice(directory.length + 1);
    const kind = kindOf(file);
    kinds.set(kind, [...(kinds.get(kind) ?? []), file]);
  }
  return [...kinds.values()];
}

/** A path without what is different in each collection, shard or stream. */
function kindOf(file: string): string {
  return file
    .split('/')
    .map((part) => part.replace(/[0-9a-f]{8,}(-[0-9a-f]+)*|\d+/g, '#'))
    .join('/');
}

function verdictOf(outcome: Outcome | string, file: string): Omit<Verdict, 'fault'> {
  if (typeof outcome === 'string') return { kind: 'crash', detail: outcome };
  switch (outcome.kind) {
    case 'equal':
      return { kind: 'equal', detail: '' };
    case 'wrong':
      return { kind: 'wrong', detail: outcome.difference };
    case 'refused': {
      const detail = `${outcome.code} in ${outcome.when}: ${outcome.message}`;
      return { kind: outcome.message.includes(basename(file)) ? 'refused' : 'unclear', detail };
    }
    case 'contents':
      throw new Error('a trial does not ask for contents');
  }
}
