import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../../../../client/cli/package-root.js';

describe('the package', () => {
  it('is where package.json and the launcher are', () => {
    assert.ok(existsSync(join(packageRoot(), 'client', 'cli', 'shoal.mjs')));
  });
});
