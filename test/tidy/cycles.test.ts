/** The check of cycles finds each one once, however long, and lets two ways to one file pass. */
import assert from 'node:assert/strict';
import { checkCycles } from './cycles.js';

/** What is found where each file imports the given ones, all in one folder. */
function found(imports: Readonly<Record<string, readonly string[]>>): string[] {
  const files = Object.entries(imports).map(([name, targets]) => ({
    path: `base/${name}.ts`,
    text: targets.map((target) => `import type { A } from './${target}.js';`).join('\n'),
  }));
  return checkCycles(files).map(({ path, message }) => `${path} ${message}`);
}

describe('the check of cycles', () => {
  it('lets several ways to one file pass', () => {
    assert.deepEqual(found({ a: ['b', 'c'], b: ['d'], c: ['d'], d: [] }), []);
  });

  it('finds two files that import each other, also when only types are imported', () => {
    const way = 'base/a.ts → base/b.ts → base/a.ts';
    assert.deepEqual(found({ a: ['b'], b: ['a'] }), [
      `base/a.ts imports itself: ${way}; move what both need to a third`,
    ]);
  });

  it('finds a cycle behind other files, and each of two once', () => {
    const all = found({ a: ['b'], b: ['c'], c: ['d', 'e'], d: ['b'], e: ['c'], f: ['b'] });
    assert.equal(all.length, 2);
    assert.match(all[0]!, /base\/b.ts → base\/c.ts → base\/d.ts → base\/b.ts/);
    assert.match(all[1]!, /base\/c.ts → base\/e.ts → base\/c.ts/);
  });

  it('finds a file that imports itself', () => assert.equal(found({ a: ['a'] }).length, 1));
});
