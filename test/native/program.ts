/**
 * Builds a C++ test program from the kernels' sources and its own, and runs it.
 *
 * Objects are kept under `.cache/native` by the hash of what they are made of, so a second run compiles nothing that did not change, and
 * programs of equal flags share those of the kernels. Several compilers run beside each other.
 */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync, statSync, utimesSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { root, type Toolchain } from './toolchains.js';

export interface Program {
  /** Below test/native. */
  readonly sources: readonly string[];
  /** Whether the bindings are part of it, too. */
  readonly hasBindings?: boolean;
  readonly flags: readonly string[];
}

export interface Ended {
  readonly code: number | null;
  readonly output: string;
}

const folder = join(root, '.cache/native');
const weekMs = 7 * 24 * 3600 * 1000;

const common = [
  '-std=c++20',
  '-O1',
  '-g1',
  '-fno-omit-frame-pointer',
  '-ffp-contract=off',
  '-Wall',
  '-Wextra',
  '-I',
  '.',
];

/** Every wrong access and every undefined operation ends the program. */
export const sanitizers: readonly string[] = [
  '-fsanitize=address,undefined,float-cast-overflow',
  '-fno-sanitize-recover=all',
];

/** The path of the program; throws with the compiler's words. */
export async function build(toolchain: Toolchain, program: Program): Promise<string> {
  mkdirSync(folder, { recursive: true });
  const command = [...common, ...toolchain.flags, ...program.flags];
  const sources = [
    ...kernelSources(program.hasBindings === true),
    ...program.sources.map((name) => `test/native/${name}`),
  ];
  const shared = hashOf([toolchain.compiler, ...command, ...headerTexts()]);
  const objects = sources.map((source) => ({
    source,
    path: join(folder, `${hashOf([shared, source, textOf(source)])}.o`),
  }));
  const waiting = objects.filter(({ path }) => !existsSync(path));
  const workers = Array.from({ length: availableParallelism() }, async () => {
    for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
      await compile(toolchain, [...command, '-c', next.source], next.path);
    }
  });
  await Promise.all(workers);
  const paths = objects.map(({ path }) => path);
  const binary = join(folder, hashOf([toolchain.compiler, ...command, ...paths]));
  if (!existsSync(binary)) await compile(toolchain, [...command, ...paths], binary);
  forgetAllBut([binary, ...paths]);
  return binary;
}

/** Runs a program that was built to its end. */
export function run(toolchain: Toolchain, binary: string, args: readonly string[]): Promise<Ended> {
  return execute(toolchain, [...toolchain.runner, binary, ...args]);
}

async function compile(toolchain: Toolchain, args: readonly string[], path: string): Promise<void> {
  const { code, output } = await execute(toolchain, [toolchain.compiler, ...args, '-o', `${path}.new`]);
  if (code !== 0) throw new Error(`${args.at(-1) ?? ''} does not build:\n${output}`);
  renameSync(`${path}.new`, path);
}

function execute(toolchain: Toolchain, command: readonly string[]): Promise<Ended> {
  const [program = '', ...args] = command;
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { cwd: root, env: { ...process.env, ...toolchain.environment } });
    let output = '';
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, output }));
  });
}

/** Marks `used` as used now and removes what nobody used for a week. */
function forgetAllBut(used: readonly string[]): void {
  const now = new Date();
  for (const path of used) utimesSync(path, now, now);
  for (const path of readdirSync(folder).map((name) => join(folder, name))) {
    const { mtimeMs } = statSync(path, { throwIfNoEntry: false }) ?? { mtimeMs: now.getTime() };
    if (now.getTime() - mtimeMs > weekMs) rmSync(path, { force: true });
  }
}

function kernelSources(hasBindings: boolean): string[] {
  const files = filesOf('kernels', '.cc');
  return hasBindings ? files : files.filter((path) => !path.endsWith('binding.cc'));
}

function headerTexts(): string[] {
  return [...filesOf('kernels', '.h'), ...filesOf('test/native', '.h')].map(textOf);
}

function filesOf(folder: string, ending: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith(ending))
    .sort()
    .map((name) => `${folder}/${name}`);
}

function textOf(path: string): string {
  return readFileSync(join(root, path), 'utf8');
}

function hashOf(parts: readonly string[]): string {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(`${Buffer.byteLength(part)}\n`).update(part);
  return hash.digest('hex').slice(0, 32);
}
