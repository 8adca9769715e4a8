/**
 * What set-up does, in order: dependencies, native kernels, test tools, packages of Debian. Each step first looks whether it has anything to do.
 *
 * Nothing here is fatal but missing dependencies, unless the suite or CI asks for the whole: then a step that could have
 * succeeded and did not is an error.
 */
import { mkdirSync } from 'node:fs';
import { buildAddon } from './addon.mjs';
import { installDebianPackages } from './debian-packages.mjs';
import { installDependencies } from './dependencies.mjs';
import { acquireLock, readState, root, say, writeState } from './state.mjs';
import { installTestTools } from './test-tools.mjs';

const purposes = ['setup', 'demo', 'test', 'nightly', 'bench', 'results', 'build'];
const suites = ['test', 'nightly'];

/** Runs all steps for `--for PURPOSE`; resolves with the exit code. */
export async function setUp(args) {
  const purpose = purposeOf(args);
  if (purpose === null) {
    say(`usage: node tools/setup/setup.mjs [--for ${purposes.slice(1).join('|')}]`);
    return 2;
  }
  const begin = performance.now();
  mkdirSync(`${root}/.cache`, { recursive: true });
  const isCi = !['', '0', 'false', undefined].includes(process.env.CI);
  const task = {
    purpose,
    isCi,
    isSuite: suites.includes(purpose),
    isStrict: isCi || suites.includes(purpose),
    state: readState(),
  };
  const release = await acquireLock();
  try {
    task.state = readState();
    for (const step of [installDependencies, buildAddon, installTestTools, installDebianPackages]) {
      if (!(await step(task))) return 1;
      writeState(task.state);
    }
  } finally {
    writeState({ ...task.state, seconds: Number(((performance.now() - begin) / 1000).toFixed(2)) });
    release();
  }
  return 0;
}

function purposeOf(args) {
  if (args.length === 0) return 'setup';
  return args.length === 2 && args[0] === '--for' && purposes.includes(args[1]) ? args[1] : null;
}
