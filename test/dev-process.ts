/** `shoal dev` as a process of its own, as a user starts it: what tests kill and benchmarks measure. */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const command = fileURLToPath(new URL('../client/cli/shoal.mjs', import.meta.url));

export interface DevExit {
  /** Null when a signal ended the process. */
  readonly code: number | null;
  readonly stderr: string;
}

/** What the process did first: it serves at `address`, or it ended. */
export type DevStart = { readonly address: string } | { readonly exit: DevExit };

export interface DevProcess {
  readonly pid: number;
  readonly start: Promise<DevStart>;
  readonly exit: Promise<DevExit>;
  /** Sends `signal` and resolves when the process is gone. */
  end(signal: 'SIGTERM' | 'SIGKILL'): Promise<DevExit>;
}

/** Starts `shoal dev --json ARGS`. The caller ends it. */
export function spawnDev(args: readonly string[]): DevProcess {
  const child = spawn(process.execPath, [command, 'dev', '--json', ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  const output = { stdout: '', stderr: '' };
  child.stderr.setEncoding('utf8').on('data', (text: string) => (output.stderr += text));
  const exit = new Promise<DevExit>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, stderr: output.stderr }));
  });
  const ready = new Promise<DevStart>((resolve) => {
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      output.stdout += text;
      if (output.stdout.includes('\n')) resolve({ address: (JSON.parse(output.stdout) as { ready: string }).ready });
    });
  });
  return {
    pid: child.pid ?? 0,
    start: Promise.race([ready, exit.then((ended) => ({ exit: ended }))]),
    exit,
    end: (signal) => {
      child.kill(signal);
      return exit;
    },
  };
}

/** The process once it serves, and its address; an error with its last words when it ends instead. */
export async function startDev(args: readonly string[]): Promise<{ process: DevProcess; address: string }> {
  const dev = spawnDev(args);
  const start = await dev.start;
  if ('exit' in start) throw new Error(`shoal dev ended with ${String(start.exit.code)}: ${start.exit.stderr}`);
  return { process: dev, address: start.address };
}
