/** What set-up remembers between runs (`.cache/setup.json`), and the few things all its steps share. */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  accessSync,
  closeSync,
  constants,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The root of the repository, wherever set-up was started from. */
export const root = fileURLToPath(new URL('../..', import.meta.url)).replace(/[/\\]$/, '');

const stateFile = `${root}/.cache/setup.json`;
const lockFile = `${root}/.cache/setup.lock`;

/** One line for people. Standard output stays free for the command that follows. */
export function say(line) {
  process.stderr.write(`set-up: ${line}\n`);
}

/** The remembered state; empty when there is none or it cannot be read, which only costs a repeated step. */
export function readState() {
  try {
    return JSON.parse(readFileSync(stateFile, 'utf8'));
  } catch (error) {
    if (error.code !== 'ENOENT') say(`${stateFile} is unreadable (${error.message}); starting afresh`);
    return {};
  }
}

/** Replaces the state as a whole, so that a reader never sees half of it. */
export function writeState(state) {
  writeFileSync(`${stateFile}.new`, `${JSON.stringify(state, null, 2)}\n`);
  renameSync(`${stateFile}.new`, stateFile);
}

/** Waits until no other set-up works on this tree; gives the function that lets the next one in. */
export async function acquireLock() {
  for (let attempt = 0; ; attempt++) {
    try {
      closeSync(openSync(lockFile, 'wx'));
      writeFileSync(lockFile, String(process.pid));
      return () => rmSync(lockFile, { force: true });
    } catch (error) {
      if (error.code !== 'EEXIST') throw error;
    }
    if (isStale()) rmSync(lockFile, { force: true });
    else if (attempt === 0) say('waiting for another set-up of this tree');
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

function isStale() {
  try {
    const owner = Number(readFileSync(lockFile, 'utf8'));
    // The owner writes its number right after creating the file.
    if (owner === 0) return Date.now() - statSync(lockFile).mtimeMs > 5000;
    process.kill(owner, 0);
    return false;
  } catch (error) {
    return error.code === 'ESRCH' || error.code === 'ENOENT';
  }
}

/** The first of `names` that is an executable on PATH, as a full path, or null. */
export function findOnPath(names) {
  for (const name of names.filter(Boolean)) {
    const places = name.includes('/')
      ? [name]
      : (process.env.PATH ?? '').split(delimiter).map((folder) => join(folder, name));
    const found = places.find(isExecutable);
    if (found !== undefined) return found;
  }
  return null;
}

function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

/** SHA-256 over all `parts`, each with its length so that no two lists collide. */
export function fingerprintOf(parts) {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(`${Buffer.byteLength(part)}\n`).update(part);
  return hash.digest('hex');
}

/** Runs a command silently from the root with its output in `logFile`; resolves with whether it exited with 0. */
export function runLogged(command, args, logFile, environment = {}) {
  const log = openSync(logFile, 'w');
  return new Promise((resolve) => {
    const child = spawn(command, args, {
      cwd: root,
      stdio: ['ignore', log, log],
      env: { ...process.env, ...environment },
    });
    child.on('error', (error) => {
      writeFileSync(logFile, `${error.message}\n`, { flag: 'a' });
      closeSync(log);
      resolve(false);
    });
    child.on('close', (code) => {
      closeSync(log);
      resolve(code === 0);
    });
  });
}

/** The last `count` lines of a log, indented, for a step that failed. */
export function tailOf(logFile, count) {
  const lines = readFileSync(logFile, 'utf8').trimEnd().split('\n');
  return lines
    .slice(-count)
    .map((line) => `  ${line}`)
    .join('\n');
}
