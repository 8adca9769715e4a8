/** Which C++ compilers are at hand for tests: the machine's own, the one for ARM with an emulator, and Clang. */
import { existsSync, readFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('../..', import.meta.url));

export interface Toolchain {
  readonly compiler: string;
  /** Arguments of every compilation and of the linking. */
  readonly flags: readonly string[];
  /** For compiler and programs: where libraries that came with them lie. */
  readonly environment: Readonly<Record<string, string>>;
  /** What stands before a program that was built. */
  readonly runner: readonly string[];
}

/** The compiler that builds the addon, or null. */
export function machineToolchain(): Toolchain | null {
  const compiler = process.env['CXX'] ?? findOnPath('c++', 'g++', 'clang++');
  // Two warnings fire falsely inside g++ 12's own AVX-512 headers.
  const flags = ['-Wno-uninitialized', '-Wno-maybe-uninitialized', ...nodeFlags()];
  return compiler === null ? null : { compiler, flags, environment: {}, runner: [] };
}

/** For programs of ARM: on such a machine its own compiler, else the one that set-up unpacked, else that on PATH, else null. */
export function armToolchain(): Toolchain | null {
  if (process.arch === 'arm64') return machineToolchain();
  const folder = join(root, '.cache/debian/arm/usr');
  // LeakSanitizer stops under an emulator.
  const environment = { ASAN_OPTIONS: 'detect_leaks=0' };
  if (existsSync(folder)) {
    return {
      compiler: join(folder, 'bin/aarch64-linux-gnu-g++-12'),
      flags: [],
      environment: { ...environment, LD_LIBRARY_PATH: join(folder, 'lib/x86_64-linux-gnu') },
      runner: [join(folder, 'bin/qemu-aarch64'), '-L', join(folder, 'aarch64-linux-gnu')],
    };
  }
  const [compiler, emulator] = [findOnPath('aarch64-linux-gnu-g++'), findOnPath('qemu-aarch64')];
  if (compiler === null || emulator === null) return null;
  return { compiler, flags: [], environment, runner: [emulator, '-L', '/usr/aarch64-linux-gnu'] };
}

/** Clang with libFuzzer, or null. */
export function clangToolchain(): Toolchain | null {
  const folder = join(root, '.cache/debian/clang/usr');
  if (existsSync(folder)) {
    const environment = { LD_LIBRARY_PATH: join(folder, 'lib/x86_64-linux-gnu') };
    return { compiler: join(folder, 'lib/llvm-14/bin/clang++'), flags: nodeFlags(), environment, runner: [] };
  }
  const compiler = findOnPath('clang++');
  return compiler === null ? null : { compiler, flags: nodeFlags(), environment: {}, runner: [] };
}

/** For programs with the bindings: where the addon's build found node_api.h; empty without it. */
export function nodeFlags(): string[] {
  const config = join(root, 'build/config.gypi');
  const text = existsSync(config) ? readFileSync(config, 'utf8') : '';
  const prefixes = [/"nodedir": "([^"]+)"/.exec(text)?.[1] ?? '', dirname(dirname(process.execPath))];
  const folders = prefixes.map((prefix) => join(prefix, 'include/node'));
  const headers = folders.find((folder) => existsSync(join(folder, 'node_api.h')));
  return headers === undefined ? [] : ['-DNAPI_VERSION=8', '-isystem', headers];
}

function findOnPath(...names: readonly string[]): string | null {
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  for (const name of names) {
    const found = folders.map((folder) => join(folder, name)).find((path) => existsSync(path));
    if (found !== undefined) return found;
  }
  return null;
}
