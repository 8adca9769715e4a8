/**
 * Step 2: the native kernels (`build/Release/*.node`), where the machine has what node-gyp needs.
 *
 * Without them Shoal answers the same through the portable TypeScript kernels, slower; so a machine without a compiler is told
 * once a run, in one line, and nothing fails.
 */
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { dirname, extname, join } from 'node:path';
import { findOnPath, fingerprintOf, root, runLogged, say, tailOf } from './state.mjs';

const slower = 'scoring is several times slower';

/** Builds the addon unless it is there for these sources, this Node and this machine; false only when strict and failed. */
export async function buildAddon(task) {
  if (!existsSync(`${root}/binding.gyp`)) return true;
  const missing = missingTools();
  if (missing.length > 0) {
    say(
      `no native kernels: ${missing.join(' and ')} not found; the portable TypeScript kernels take over (${slower}); install ${advice()}`,
    );
    return true;
  }
  const fingerprint = fingerprintOfAddon();
  const known = task.state.addon;
  const wasTried = known?.fingerprint === fingerprint;
  if (wasTried && known.built && isBuilt()) return true;
  const log = `${root}/.cache/addon.log`;
  if (wasTried && !known.built && !task.isStrict && task.purpose !== 'setup') {
    say(failureLine(log));
    return true;
  }
  say('building the native kernels');
  const built = (await runLogged(process.execPath, nodeGyp(), log)) && isBuilt();
  task.state.addon = { fingerprint, built };
  if (built) return true;
  if (task.isStrict)
    say(`the native kernels failed to build; the last lines (all of them: ${log}):\n${tailOf(log, 40)}`);
  else say(failureLine(log));
  return !task.isStrict;
}

function missingTools() {
  const missing = [];
  if (findOnPath([process.env.CXX, 'c++', 'g++', 'clang++']) === null) missing.push('a C++ compiler');
  if (findOnPath([process.env.MAKE, 'make', 'gmake']) === null) missing.push('make');
  if (findOnPath([process.env.PYTHON, process.env.npm_config_python, 'python3', 'python']) === null)
    missing.push('python3');
  return missing;
}

function advice() {
  if (process.platform === 'darwin') return 'the command line tools (xcode-select --install) and run this again';
  return 'g++, make and python3 (on Debian: apt-get install g++ make python3) and run this again';
}

function failureLine(log) {
  return `the native kernels failed to build, see ${log}; the portable TypeScript kernels take over (${slower}); npm run setup tries again`;
}

function nodeGyp() {
  const args = [`${root}/node_modules/node-gyp/bin/node-gyp.js`, 'rebuild', '--jobs=max'];
  const headers = headersFolder();
  return headers === null ? args : [...args, `--nodedir=${headers}`];
}

/** The prefix whose include/node belongs to this very Node; null lets node-gyp download the headers. */
function headersFolder() {
  const configured = process.env.npm_config_nodedir;
  if (configured) return configured;
  const prefix = dirname(dirname(process.execPath));
  return existsSync(`${prefix}/include/node/node_api.h`) ? prefix : null;
}

function isBuilt() {
  const folder = `${root}/build/Release`;
  return existsSync(folder) && readdirSync(folder).some((name) => name.endsWith('.node'));
}

function fingerprintOfAddon() {
  const sources = nativeSources(`${root}/kernels`).sort();
  const contents = [`${root}/binding.gyp`, ...sources].flatMap((file) => [
    file.slice(root.length),
    readFileSync(file, 'utf8'),
  ]);
  return fingerprintOf([process.version, process.platform, process.arch, process.env.CXX ?? '', ...contents]);
}

function nativeSources(folder) {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return nativeSources(path);
    return ['.cc', '.cpp', '.c', '.h', '.inc'].includes(extname(entry.name)) ? [path] : [];
  });
}
