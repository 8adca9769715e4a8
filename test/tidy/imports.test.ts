/** The layer check finds each forbidden import and lets the allowed ones pass. */
import assert from 'node:assert/strict';
import { checkImports } from './imports.js';
import type { SourceFile } from './tree.js';

/** Findings about one file; other files import and are imported as it takes. */
function found(path: string, text: string): string[] {
  const user: SourceFile = { path: 'test/unit/user.test.ts', text: `import '../../${path.replace(/\.ts$/, '.js')}';` };
  return checkImports([{ path, text }, user]).map(({ line, message }) => `${line}: ${message}`);
}

describe('the layer check', () => {
  it('lets imports go along the arrows', () => {
    assert.deepEqual(found('coordinator/search/merge.ts', `import { a } from '../../vector-index/search/hit.js';`), []);
    assert.deepEqual(
      found('coordinator/search/merge.ts', `import type { A } from '../../proto/generated/shoal/v1/a.js';`),
      [],
    );
    assert.deepEqual(found('kernels/kernels.ts', `import { assert } from '../base/assert.js';`), []);
    assert.deepEqual(found('client/cli/dev.ts', `import { start } from '../../shard-node/main.js';`), []);
  });

  it('finds an arrow that points back, also when only a type is imported or re-exported', () => {
    const message = 'vector-index may not import coordinator/a.ts (arrows: test/tidy/table.ts)';
    for (const text of [
      `import { a } from '../coordinator/a.js';`,
      `import type { A } from '../coordinator/a.js';`,
      `export { a } from '../coordinator/a.js';`,
      `const a = await import('../coordinator/a.js');`,
    ]) {
      assert.deepEqual(found('vector-index/x.ts', text), [`1: ${message}`]);
    }
  });

  it('keeps nodes apart, and the client from its own command line', () => {
    assert.equal(found('shard-node/x.ts', `import { a } from '../encoder-node/a.js';`).length, 1);
    assert.equal(found('client/sdk/x.ts', `import { a } from '../cli/a.js';`).length, 1);
    assert.equal(found('vector-index/x.ts', `import type { A } from '../proto/generated/shoal/v1/a.js';`).length, 1);
  });

  it('says which line', () => {
    assert.match(
      found('base/x.ts', `// one\n// two\nimport { a } from '../cluster/a.js';`)[0] ?? '',
      /^3: base may not import/,
    );
  });

  it('finds a file in a folder without a rule', () => {
    assert.match(found('misc/x.ts', '')[0] ?? '', /folder without a rule/);
  });

  it('confines packages to their homes and refuses unknown ones', () => {
    assert.deepEqual(found('cluster/embedded/x.ts', `import { open } from 'lmdb';`), []);
    assert.match(found('coordinator/x.ts', `import { open } from 'lmdb';`)[0] ?? '', /confined to cluster\/embedded/);
    assert.match(
      found('base/x.ts', `import pad from 'left-pad';`)[0] ?? '',
      /left-pad, which test\/tidy\/table.ts does not know/,
    );
    assert.match(found('base/x.ts', `import { b } from '@some/where/deep.js';`)[0] ?? '', /imports @some\/where,/);
  });

  it('lets built-in modules pass but where they have no business', () => {
    assert.deepEqual(found('vector-index/x.ts', `import { open } from 'node:fs/promises';`), []);
    assert.match(found('vector-index/x.ts', `import net from 'node:net';`)[0] ?? '', /node:net, which has no business/);
    assert.match(found('cluster/x.ts', `import fs from 'fs';`)[0] ?? '', /without node:/);
  });

  it('demands the extension', () => {
    assert.match(found('base/x.ts', `import { a } from './a';`)[0] ?? '', /without its .js extension/);
  });

  it('finds files that nobody imports, but for entry points and workers named by URL', () => {
    const alone = (path: string, other = ''): number =>
      checkImports([
        { path, text: '' },
        { path: 'cluster/main.ts', text: other },
      ]).length;
    assert.equal(alone('base/forgotten.ts'), 1);
    assert.equal(alone('shard-node/main.ts'), 0);
    assert.equal(
      alone('encoder-node/model/session-thread.ts', `new Worker(new URL('./session-thread.js', import.meta.url))`),
      0,
    );
  });
});
