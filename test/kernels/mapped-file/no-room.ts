/**
 * The process that has no room to map a file: started with its path, it says on standard output, as JSON, what came of it. A limit of the
 * tests' own process would be felt by all of them.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import type { ShoalError } from '../../../base/errors.js';
import { loadKernels, mapFile } from '../../../kernels/kernels.js';

/** What is left for JavaScript itself. */
const spareBytes = 2 ** 30;

const [path] = process.argv.slice(2) as [string];
const pagesOfProcess = Number(readFileSync('/proc/self/statm', 'utf8').split(' ')[0]);

function limit(bytes: number | 'unlimited'): void {
  execFileSync('prlimit', ['--pid', String(process.pid), `--as=${bytes}:unlimited`]);
}

function attempt(): unknown {
  try {
    const file = mapFile(path);
    const read = [file.bytes.length, file.bytes.at(-1)];
    file.close();
    return read;
  } catch (error) {
    const { code, message } = error as ShoalError;
    return { code, message };
  }
}

loadKernels();
limit(pagesOfProcess * 4_096 + spareBytes);
const refused = attempt();
limit('unlimited');
process.stdout.write(JSON.stringify({ refused, mapped: attempt() }));
