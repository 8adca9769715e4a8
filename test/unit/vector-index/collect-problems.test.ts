import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ShoalError } from '../../../base/errors.js';
import { collecting } from '../../../vector-index/collect-problems.js';
import { inFolder } from '../../temporary-folder.js';

describe('a check of many files', () => {
  it('goes on after one that is damaged or cannot be read, and notes why', () =>
    inFolder(async (folder) => {
      const problems: string[] = [];
      const damaged = (): Promise<number> => Promise.reject(new ShoalError('DATA_LOSS', 'block 3 is damaged'));
      assert.equal(await collecting(problems, damaged), undefined);
      assert.equal(await collecting(problems, () => readFile(join(folder, 'gone'))), undefined);
      assert.equal(await collecting(problems, async () => 7), 7);
      assert.equal(problems.length, 2);
      assert.match(problems.join(' '), /^block 3 is damaged .*ENOENT/);
    }));

  it('ends with a defect of the program', async () => {
    const problems: string[] = [];
    await assert.rejects(
      collecting(problems, () => Promise.reject(new TypeError('oops'))),
      TypeError,
    );
    assert.deepEqual(problems, []);
  });
});
