/**
 * Step 4, for the suite only: compilers that few machines have, as packages of Debian unpacked into `.cache/debian`: the one for ARM
 * with an emulator, with which the NEON kernels are tested anywhere, and at night Clang, for fuzzing. On other systems those found on
 * PATH are used, and without them the tests that need them are skipped.
 */
import { existsSync, readFileSync } from 'node:fs';
import { findOnPath, fingerprintOf, root, runLogged, say, tailOf } from './state.mjs';

const debianRelease = '12';

const toolsets = [
  {
    name: 'arm',
    purposes: ['test', 'nightly'],
    what: 'a compiler for ARM and an emulator',
    hint: 'install g++-aarch64-linux-gnu and qemu-user',
    programs: ['aarch64-linux-gnu-g++', 'qemu-aarch64'],
    packages: [
      ...['g++-12-aarch64-linux-gnu', 'gcc-12-aarch64-linux-gnu', 'binutils-aarch64-linux-gnu', 'libbinutils'],
      ...['libjansson4', 'libmpc3', 'libmpfr6', 'libgmp10', 'libisl23'],
      ...[
        'libstdc++-12-dev-arm64-cross',
        'libstdc++6-arm64-cross',
        'libgcc-12-dev-arm64-cross',
        'libgcc-s1-arm64-cross',
      ],
      ...['libc6-dev-arm64-cross', 'libc6-arm64-cross', 'linux-libc-dev-arm64-cross'],
      ...['libasan8-arm64-cross', 'libubsan1-arm64-cross'],
      ...['qemu-user', 'libcapstone4', 'libglib2.0-0', 'libpcre2-8-0', 'libgnutls30', 'libp11-kit0', 'libidn2-0'],
      ...['libunistring2', 'libtasn1-6', 'libnettle8', 'libhogweed6', 'libffi8', 'libnuma1', 'liburing2'],
    ],
  },
  {
    name: 'clang',
    purposes: ['nightly'],
    what: 'Clang with libFuzzer',
    hint: 'install clang and its compiler-rt',
    programs: ['clang++'],
    packages: [
      ...['clang-14', 'libclang-cpp14', 'libclang-common-14-dev', 'libclang-rt-14-dev', 'libllvm14'],
      ...['libedit2', 'libbsd0', 'libmd0', 'libtinfo6', 'libxml2', 'libicu72', 'libz3-4', 'libffi8'],
    ],
  },
];

/** Unpacks what is missing; false only in CI, where a skipped test is an error. */
export async function installDebianPackages(task) {
  let isComplete = true;
  for (const toolset of toolsets) {
    if (!toolset.purposes.includes(task.purpose) || isReady(toolset, task.state)) continue;
    const why = await unpack(toolset, task.state);
    if (why === null) continue;
    isComplete = false;
    say(
      `${task.isCi ? 'CI needs' : 'tests are skipped that need'} ${toolset.what} (${why}); to have them, ${toolset.hint}`,
    );
  }
  return isComplete || !task.isCi;
}

function folderOf(toolset) {
  return `${root}/.cache/debian/${toolset.name}`;
}

function isReady(toolset, state) {
  if (toolset.name === 'arm' && process.arch === 'arm64') return true;
  if (toolset.programs.every((program) => findOnPath([program]) !== null)) return true;
  return state.debian?.[toolset.name] === fingerprintOf(toolset.packages) && existsSync(folderOf(toolset));
}

/** Null, or why it cannot be. */
async function unpack(toolset, state) {
  const wanting = ['apt-get', 'dpkg-deb', 'tar', 'bash'].filter((program) => findOnPath([program]) === null);
  if (wanting.length > 0) return `${wanting.join(', ')} not found`;
  if (releaseOf() !== debianRelease || process.arch !== 'x64') return `not Debian ${debianRelease} on x86-64`;
  say(`unpacking ${toolset.what} for the tests`);
  const log = `${root}/.cache/debian-${toolset.name}.log`;
  const args = [`${root}/tools/setup/unpack-debian.sh`, folderOf(toolset), ...toolset.packages];
  if (!(await runLogged('bash', args, log))) return `they failed to unpack; see ${log}:\n${tailOf(log, 5)}`;
  state.debian = { ...state.debian, [toolset.name]: fingerprintOf(toolset.packages) };
  return null;
}

function releaseOf() {
  const file = '/etc/debian_version';
  return existsSync(file) ? readFileSync(file, 'utf8').split('.')[0].trim() : '';
}
