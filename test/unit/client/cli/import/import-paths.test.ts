import assert from 'node:assert/strict';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
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
      // Somebody's own, whatever its name.
      writeFileSync(`${rejects}.stdin`, 'precious');
      const sent: number[] = [];
      const summary = await importPaths({
        client,
        context: testContext({ stdin: '{"id":"bad","text":"x"}\n{"id":"a","text":"y"}\n' }),
        collection: () => client.collections.create('notes'),
        paths: ['-'],
        vectors: null,
        rejects,
        onReject: () => undefined,
        onSent: (documents) => sent.push(documents),
      });
      assert.deepEqual([summary.written, summary.rejected], [1, 1]);
      assert.equal(readFileSync(rejects, 'utf8'), '{"id":"bad","text":"x"}\n');
      assert.deepEqual(sent, [2]);
      assert.equal(readFileSync(`${rejects}.stdin`, 'utf8'), 'precious');
      assert.deepEqual(readdirSync(folder).sort(), ['rejects', 'rejects.stdin']);
    }));

  it('creates nothing where rejected lines cannot be written', () =>
    withClient(async (client) => {
      const task = importPaths({
        client,
        context: testContext({ stdin: '' }),
        collection: () => Promise.reject(new Error('nothing is to be created')),
        paths: ['-'],
        vectors: null,
        rejects: join(folder, 'no', 'such', 'file'),
        onReject: () => undefined,
        onSent: () => undefined,
      });
      await assert.rejects(task, {
        code: 'INVALID_ARGUMENT',
        message: /^rejected lines cannot be written to .*; name another file$/,
      });
    }));
});
