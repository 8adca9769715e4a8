import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { importPaths } from '../../../../../client/cli/import/import-paths.js';
import { withClient } from '../../with-client.js';
import { testContext } from '../run-shoal.js';
import { folderOfSuite } from '../../../../temporary-folder.js';

describe('an import of paths', () => {
  const folder = folderOfSuite();

  it('writes over the rejects file and leaves no spooled input behind', () =>
    withClient(async (client) => {
      const rejects = join(folder, 'rejects');
      const summary = await importPaths({
        client,
        context: testContext({ stdin: '{"id":"bad","text":"x"}\n{"id":"a","text":"y"}\n' }),
        collection: () => client.collections.create('notes'),
        paths: ['-'],
        vectors: null,
        rejects,
        onReject: () => undefined,
      });
      assert.deepEqual([summary.written, summary.rejected], [1, 1]);
      assert.equal(readFileSync(rejects, 'utf8'), '{"id":"bad","text":"x"}\n');
      assert.equal(existsSync(`${rejects}.stdin`), false);
    }));
});
