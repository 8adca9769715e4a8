/**
 * Step 3, for the suite only: programs of others that tests talk to Shoal with. grpcurl and ghz are built by Go into
 * `.cache/bin`; without Go those found on PATH are used, and without either the tests that need them are skipped.
 */
import { existsSync } from 'node:fs';
import { findOnPath, root, runLogged, say, tailOf } from './state.mjs';

const tools = [
  { name: 'grpcurl', module: 'github.com/fullstorydev/grpcurl/cmd/grpcurl', version: 'v1.9.3' },
  { name: 'ghz', module: 'github.com/bojand/ghz/cmd/ghz', version: 'v0.120.0' },
];

/** Installs what is missing; false only in CI, where a skipped test is an error. */
export async function installTestTools(task) {
  if (!task.isSuite) return true;
  const wanting = [];
  for (const tool of tools) {
    if (!(await isReady(tool, task.state))) wanting.push(tool);
  }
  if (wanting.length === 0) return true;
  const names = wanting.map((tool) => tool.name).join(' and ');
  say(
    `${task.isCi ? 'CI needs' : 'tests are skipped that need'} ${names}; to have them, install Go 1.24 or newer and run this again, or put them on PATH:`,
  );
  for (const tool of wanting) say(`  go install ${tool.module}@${tool.version}`);
  return !task.isCi;
}

async function isReady(tool, state) {
  const binaries = `${root}/.cache/bin`;
  state.tools ??= {};
  if (state.tools[tool.name] === tool.version && existsSync(`${binaries}/${tool.name}`)) return true;
  const go = findOnPath(['go']);
  if (go !== null) {
    say(`building ${tool.name} ${tool.version} for the tests`);
    const log = `${root}/.cache/${tool.name}.log`;
    if (await runLogged(go, ['install', `${tool.module}@${tool.version}`], log, { GOBIN: binaries })) {
      state.tools[tool.name] = tool.version;
      return true;
    }
    say(`${tool.name} failed to build; the last lines (all of them: ${log}):\n${tailOf(log, 5)}`);
  }
  return findOnPath([tool.name]) !== null;
}
