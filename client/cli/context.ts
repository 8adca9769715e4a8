/** What a command needs of the process around it, as a value, so that tests can give another. */
import { systemClock, type Clock } from '../../base/clock.js';
import type { Readable, Writable } from 'node:stream';

export interface TerminalStream extends Writable {
  readonly isTTY?: boolean;
  readonly columns?: number;
}

export interface CliContext {
  readonly stdin: Readable;
  readonly stdout: TerminalStream;
  readonly stderr: TerminalStream;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly clock: Clock;
  /** Resolves with the first SIGINT or SIGTERM after the call; a second one ends the process at once. */
  interrupted(): Promise<string>;
}

/** The process that runs. */
export function processContext(): CliContext {
  return {
    stdin: process.stdin,
    stdout: process.stdout,
    stderr: process.stderr,
    env: process.env,
    clock: systemClock,
    interrupted,
  };
}

function interrupted(): Promise<string> {
  return new Promise((resolve) => {
    let seen = false;
    const hear = (signal: NodeJS.Signals): void => {
      if (seen) process.exit(signal === 'SIGINT' ? 130 : 143);
      seen = true;
      resolve(signal);
    };
    process.on('SIGINT', hear);
    process.on('SIGTERM', hear);
  });
}
