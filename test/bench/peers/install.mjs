/**
 * The peers that the benchmarks measure beside Shoal: a Python environment in .cache/peers with pinned versions.
 *
 * `node test/bench/peers/install.mjs [--json] [faiss scann hnswlib svs bm25s fast-plaid]` installs what is missing; the benchmarks call it themselves. fast-plaid brings PyTorch
 * (5 GB), so that it is installed where it is named alone. Says for
 * each peer whether it can be used, and why not; --json: {"python","peers":{"faiss":{"version"}|{"absent"}}}. Progress on stderr.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const packages = {
  faiss: 'faiss-cpu==1.15.1',
  scann: 'scann==1.4.2',
  hnswlib: 'hnswlib==0.8.0',
  svs: 'scalable-vs==0.5.0',
  bm25s: 'bm25s==0.3.16',
  'fast-plaid': 'fast-plaid==1.7.0.2110',
};
/** Installed only where they are named. */
const large = new Set(['fast-plaid']);
const numpy = 'numpy==2.4.6';
const pythonMin = [3, 10];

const folder = join(dirname(fileURLToPath(import.meta.url)), '..', '..', '..', '.cache', 'peers');
const python = join(folder, 'venv', 'bin', 'python');

const wanted = process.argv.slice(2).filter((arg) => arg !== '--json');
const names = wanted.length === 0 ? Object.keys(packages).filter((name) => !large.has(name)) : wanted;
const unknown = names.filter((name) => !(name in packages));
if (unknown.length > 0) {
  process.stderr.write(`no peer is named ${unknown.join(', ')}; there are: ${Object.keys(packages).join(', ')}\n`);
  process.exit(2);
}
const noEnvironment = prepareEnvironment();
const peers = Object.fromEntries(
  names.map((name) => [name, noEnvironment === null ? install(name) : { absent: noEnvironment }]),
);
if (process.argv.includes('--json')) process.stdout.write(`${JSON.stringify({ python, peers })}\n`);
else
  for (const [name, peer] of Object.entries(peers))
    process.stdout.write(`${name}: ${peer.version ?? `absent: ${peer.absent}`}\n`);

/** null when the environment can be used, else why not. */
function prepareEnvironment() {
  if (existsSync(python) && isInstalled(numpy)) return null;
  const host = ['python3', 'python'].find((command) => isRecent(command));
  if (host === undefined)
    return `no Python of ${pythonMin.join('.')} or newer is on the path; install python3 and python3-venv`;
  process.stderr.write('preparing the Python environment of the peers\n');
  rmSync(join(folder, 'venv'), { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const made = spawnSync(host, ['-m', 'venv', join(folder, 'venv')], { encoding: 'utf8' });
  if (made.status !== 0) return `python3 -m venv failed, install python3-venv: ${lastLine(made)}`;
  const pip = pipInstall(numpy);
  return pip.status === 0 ? null : `numpy could not be installed: ${lastLine(pip)}`;
}

function isRecent(command) {
  const { status, stdout } = spawnSync(command, ['-c', 'import sys; print(*sys.version_info[:2])'], {
    encoding: 'utf8',
  });
  if (status !== 0) return false;
  const [major, minor] = stdout.trim().split(' ').map(Number);
  return major > pythonMin[0] || (major === pythonMin[0] && minor >= pythonMin[1]);
}

function install(name) {
  const requirement = packages[name];
  const version = requirement.split('==')[1];
  if (isInstalled(requirement)) return { version };
  process.stderr.write(`installing ${requirement}\n`);
  const pip = pipInstall(requirement);
  if (pip.status === 0) return { version };
  return { absent: `pip install ${requirement} failed (is there a wheel for this machine?): ${lastLine(pip)}` };
}

function isInstalled(requirement) {
  const [distribution, version] = requirement.split('==');
  const program = `import importlib.metadata as m, sys; sys.exit(m.version('${distribution}') != '${version}')`;
  return spawnSync(python, ['-c', program], { stdio: 'ignore' }).status === 0;
}

/** numpy stays at its version, so that one peer's wish does not break another. */
function pipInstall(requirement) {
  const args = [
    '-m',
    'pip',
    'install',
    '--quiet',
    '--disable-pip-version-check',
    '--prefer-binary',
    numpy,
    requirement,
  ];
  return spawnSync(python, args, { encoding: 'utf8' });
}

function lastLine({ stderr, error }) {
  return (stderr ?? '').trim().split('\n').at(-1) || String(error ?? 'it said nothing');
}
