/** Each rule about code finds its bad snippet and lets the good one pass. */
import assert from 'node:assert/strict';
import { checkCode, holdsOnlyTypes } from './code.js';

function found(text: string, path = 'coordinator/x.ts'): string[] {
  return checkCode({ path, text: `/** A head. */\n${text}` }).map(({ line, message }) => `${line}: ${message}`);
}

function assertFinds(text: string, message: RegExp): void {
  const findings = found(text);
  assert.equal(findings.length, 1, findings.join('\n'));
  assert.match(findings[0] ?? '', message);
}

const lines = (count: number): string => 'a();\n'.repeat(count);

describe('the code check', () => {
  it('bans clocks, timers, randomness, the console and the environment outside their homes', () => {
    assertFinds('const a = Date.now();', /uses Date.now; use a Clock parameter/);
    assertFinds('setTimeout(f, 5);', /uses setTimeout/);
    assertFinds('globalThis.setInterval(f, 5);', /uses setInterval/);
    assertFinds('const a = Math.random();', /uses Math.random/);
    assertFinds('console.error(1);', /uses console.error/);
    assertFinds(`const a = process.env['HOME'];`, /uses process.env/);
    assert.deepEqual(found('const a = Date.now();', 'base/clock.ts'), []);
    assert.deepEqual(found('console.log(1);', 'client/cli/table.ts'), []);
    assert.deepEqual(found(`const a = process.env['SHOAL_KERNELS'];`, 'kernels/native.ts'), []);
  });

  it('does not take words in comments and strings, or other objects, for calls', () => {
    assert.deepEqual(found(`// Date.now() is banned\nconst a = 'Math.random()';\nclock.setTimeout(f);`), []);
  });

  it('finds swallowed errors and rejections', () => {
    assertFinds('try { a(); } catch {}', /swallows an error/);
    assertFinds('try { a(); } catch (e) { /* fine */ }', /swallows an error/);
    assertFinds('void a().catch(() => {});', /swallows a rejection/);
    assert.deepEqual(found('function f() { try { return a(); } catch { return null; } }'), []);
  });

  it('finds mutable state of a module', () => {
    assertFinds('let count = 0;', /mutable state/);
    assertFinds('export var count = 0;', /mutable state/);
    assert.deepEqual(found('const a = 1;\nfunction f() { let b = a; return b++; }'), []);
  });

  it('finds default exports and barrels', () => {
    assertFinds('export default 1;', /default export/);
    assertFinds('export default function f() {}', /default export/);
    assertFinds(`export * from './y.js';`, /exports everything/);
    assert.match(found('', 'client/sdk/index.ts')[0] ?? '', /is a barrel/);
  });

  it('finds unfinished work', () => {
    assertFinds('// TO' + 'DO: the rest', /holds a TODO/);
    assertFinds('// FIX' + 'ME', /holds a FIXME/);
  });

  it('finds a missing head comment', () => {
    assert.match(checkCode({ path: 'base/x.ts', text: 'export const a = 1;' })[0]?.message ?? '', /no head comment/);
    assert.deepEqual(checkCode({ path: 'test/unit/base/x.test.ts', text: 'const a = 1;' }), []);
  });

  it('measures functions of every kind, but not lists of tests', () => {
    assert.deepEqual(found(`function f() {\n${lines(68)}}`), []);
    assertFinds(`function f() {\n${lines(69)}}`, /function of 71 lines; at most 70/);
    assertFinds(`const f = () => {\n${lines(69)}};`, /function of 71 lines/);
    assertFinds(`class A { f() {\n${lines(69)}} }`, /function of 71 lines/);
    const suite = `describe('x', () => {\n${lines(100)}it('y', () => {});\n});`;
    assert.deepEqual(found(suite, 'test/unit/x.test.ts'), []);
    assert.equal(found(suite, 'cluster/x.ts').length, 1);
  });

  it('counts parameters, without `this`', () => {
    assert.deepEqual(found('function f(a, b, c, d) {}'), []);
    assert.deepEqual(found('function f(this: A, a: B, b: B, c: B, d: B) {}'), []);
    assertFinds('function f(a, b, c, d, e) {}', /takes 5 parameters/);
    assertFinds('class A { constructor(a, b, c, d, e) {} }', /takes 5 parameters/);
    assert.deepEqual(found('function f(a, b, c, d, e) {}', 'kernels/dense-scan/portable.ts'), []);
  });

  it('measures files', () => {
    assertFinds(lines(500), /has 501 lines; at most 500/);
    assert.deepEqual(found(lines(499)), []);
  });

  it('finds imports of computed names', () => {
    assertFinds('const a = await import(`./${name}.js`);', /escapes the layer check/);
    assert.deepEqual(found(`const a = await import('./a.js');`), []);
    assert.deepEqual(found('class A { import(a) { return this.import(a); } }'), []);
  });
});

describe('a file of types', () => {
  const isTypes = (text: string): boolean => holdsOnlyTypes({ path: 'x.ts', text });
  it('needs no test', () => {
    assert.equal(
      isTypes(`import type { A } from './a.js';\nexport interface B { a: A }\nexport type C = B | null;`),
      true,
    );
  });
  it('is none when anything in it runs', () => {
    assert.equal(isTypes('export interface B { a: 1 }\nexport const b = 1;'), false);
    assert.equal(isTypes('export function f() {}'), false);
  });
});
