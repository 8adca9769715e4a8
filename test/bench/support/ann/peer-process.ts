/** A peer's library in a Python process of its own, asked in JSON lines: test/bench/peers/driver.py. */
import { spawn, spawnSync, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

export interface PeerFiles {
  /** Paths of .npy files. */
  readonly base: string;
  readonly queries: string;
  /** A folder for built indexes, of these vectors alone. */
  readonly cache: string;
  /** Of a build; a search has one. */
  readonly threads: number;
}

interface Waiting {
  resolve(answer: unknown): void;
  reject(error: Error): void;
}

const folder = fileURLToPath(new URL('../../peers', import.meta.url));
/** Lines of the library's own output that are told when it dies. */
const linesKept = 4;

/**
 * Which of `names` can be used: the path of the Python that has them, their versions, and why others are absent. Installs what is
 * missing.
 */
export function installPeers(names: readonly string[]): {
  python: string;
  absent: Map<string, string>;
  versions: Map<string, string>;
} {
  const args = [`${folder}/install.mjs`, '--json', ...names];
  const { status, stdout } = spawnSync(process.execPath, args, {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  if (status !== 0) throw new Error(`${folder}/install.mjs failed with status ${status}`);
  const { python, peers } = JSON.parse(stdout) as {
    python: string;
    peers: Record<string, { absent?: string; version?: string }>;
  };
  const absent = Object.entries(peers).flatMap(([name, peer]) =>
    peer.absent === undefined ? [] : [[name, peer.absent] as const],
  );
  const versions = Object.entries(peers).flatMap(([name, { version }]) =>
    version === undefined ? [] : [[name, version] as const],
  );
  return { python, absent: new Map(absent), versions: new Map(versions) };
}

export class PeerProcess {
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #waiting: Waiting[] = [];
  readonly #said: string[] = [];
  #end: Error | null = null;

  constructor(python: string, name: string) {
    this.#child = spawn(python, [`${folder}/driver.py`, name], { stdio: 'pipe' });
    createInterface({ input: this.#child.stdout }).on('line', (line) => this.#answer(line));
    createInterface({ input: this.#child.stderr }).on('line', (line) => {
      this.#said.push(line);
      if (this.#said.length > linesKept) this.#said.shift();
    });
    this.#child.once('close', (code, signal) =>
      this.#fail(new Error(`the peer ${name} ended (${signal ?? code}): ${this.#said.join(' / ')}`)),
    );
    this.#child.stdin.on('error', (error) => this.#fail(error));
  }

  /** Answers come in the order of the requests. Rejects with what the library said. */
  ask<T>(op: string, request: object = {}): Promise<T> {
    if (this.#end !== null) return Promise.reject(this.#end);
    return new Promise<T>((resolve, reject) => {
      this.#waiting.push({ resolve: (answer) => resolve(answer as T), reject });
      this.#child.stdin.write(`${JSON.stringify({ op, ...request })}\n`);
    });
  }

  close(): void {
    this.#child.stdin.end();
  }

  #answer(line: string): void {
    const waiting = this.#waiting.shift();
    const answer = JSON.parse(line) as { ok?: unknown; error?: string };
    if (answer.error === undefined) waiting?.resolve(answer.ok);
    else waiting?.reject(new Error(answer.error));
  }

  #fail(error: Error): void {
    this.#end = error;
    for (const waiting of this.#waiting.splice(0)) waiting.reject(error);
  }
}
