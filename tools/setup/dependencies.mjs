/** Step 1: node_modules holds exactly what package-lock.json names. */
import { existsSync, readFileSync } from 'node:fs';
import { findOnPath, root, runLogged, say, tailOf } from './state.mjs';

/** Runs `npm ci` unless everything is there; false when it failed. */
export async function installDependencies(task) {
  const platform = `${process.platform}-${process.arch}`;
  if (areInstalled() && (task.state.platform ?? platform) === platform) {
    task.state.platform = platform;
    return true;
  }
  say('installing dependencies (npm ci)');
  const log = `${root}/.cache/npm-ci.log`;
  const flags = ['ci', '--include=dev', '--no-audit', '--no-fund', '--loglevel=error'];
  const [command, args] = npmCommand(flags);
  if (!(await runLogged(command, args, log))) {
    say(`npm ci failed; its last lines (all of them: ${log}):\n${tailOf(log, 20)}`);
    return false;
  }
  task.state.platform = platform;
  return true;
}

/** Compares npm's own record of what it installed with the lock file: every package at its version, but for optional ones. */
function areInstalled() {
  const record = `${root}/node_modules/.package-lock.json`;
  if (!existsSync(record)) return false;
  const installed = JSON.parse(readFileSync(record, 'utf8')).packages;
  const wanted = JSON.parse(readFileSync(`${root}/package-lock.json`, 'utf8')).packages;
  return Object.entries(wanted).every(([path, entry]) => {
    if (path === '') return true;
    const present = installed[path];
    if (present === undefined) return entry.optional === true || entry.devOptional === true || entry.peer === true;
    return present.version === entry.version && present.integrity === entry.integrity;
  });
}

function npmCommand(args) {
  const script = process.env.npm_execpath;
  if (script !== undefined && /npm-cli\.c?js$/.test(script)) return [process.execPath, [script, ...args]];
  return [findOnPath(['npm']) ?? 'npm', args];
}
