/** Files that must agree: a product file and its test, the two sides of the native door. */
import assert from 'node:assert/strict';
import { checkMirrors, checkNativeDoor } from './mirrors.js';

const missing = (...files: readonly [path: string, text: string][]): string[] =>
  checkMirrors(files.map(([path, text]) => ({ path, text }))).map(({ path }) => path);

describe('the mirror check', () => {
  it('wants a test at the same place below test/unit', () => {
    assert.deepEqual(missing(['base/a.ts', 'export const a = 1;']), ['base/a.ts']);
    assert.deepEqual(missing(['base/a.ts', 'export const a = 1;'], ['test/unit/base/a.test.ts', '']), []);
    assert.deepEqual(missing(['base/a.ts', 'export const a = 1;'], ['test/unit/a.test.ts', '']), ['base/a.ts']);
  });

  it('wants none for types, entry points and tests themselves', () => {
    assert.deepEqual(missing(['base/a.ts', 'export interface A { a: 1 }']), []);
    assert.deepEqual(missing(['shard-node/main.ts', 'start();'], ['test/unit/base/a.test.ts', 'it();']), []);
  });
});

describe('the check of the native door', () => {
  const native = (names: readonly string[]): { path: string; text: string } => ({
    path: 'native.ts',
    text: `export interface NativeKernels {\n${names.map((name) => `  ${name}(a: Float32Array): void;`).join('\n')}\n}`,
  });
  const binding = (names: readonly string[]): { path: string; text: string } => ({
    path: 'binding.cc',
    text: names.map((name) => `  exports.Set("${name}", Napi::Function::New(env, Call));`).join('\n'),
  });
  const found = (left: readonly string[], right: readonly string[]): string[] =>
    checkNativeDoor(native(left), binding(right)).map(({ message }) => message);

  it('passes equal names in equal order', () => assert.deepEqual(found(['dot', 'maxSim'], ['dot', 'maxSim']), []));
  it('finds a name that one side lacks', () => {
    assert.deepEqual(found(['dot', 'maxSim'], ['dot']), ['does not export maxSim, which native.ts declares']);
    assert.deepEqual(found(['dot'], ['dot', 'maxSim']), ['does not declare maxSim, which binding.cc exports']);
  });
  it('finds another order', () => assert.match(found(['dot', 'maxSim'], ['maxSim', 'dot'])[0] ?? '', /another order/));
});
