/** What a cluster says no to, as the command line tells it: exit code 1, the code and the message as JSON, nothing on standard output. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { createRing, manyKinds } from '../cluster/ring-collection.js';
import { SmallCluster } from '../cluster/small-cluster.js';
import { newFolder, removeFolder } from '../temporary-folder.js';
import { runShoal } from '../unit/client/cli/run-shoal.js';

describe('the command line tells', function () {
  this.timeout(60_000);
  let cluster: SmallCluster;
  let folder = '';
  before(async () => {
    folder = await newFolder();
    cluster = await SmallCluster.start({});
    await createRing(cluster.client, 'notes');
    await cluster.client.documents.upsert('notes', manyKinds(20));
    for (const [alias, target] of [
      ['now', 'notes'],
      ['today', 'now'],
    ] as const)
      await cluster.client.collections.setAlias(alias, target);
    await shoal('backup', 'notes', join(folder, 'backup'));
  });
  after(async () => {
    await cluster.close();
    await removeFolder(folder);
  });

  const shoal = (...words: readonly string[]) =>
    runShoal([...words, '--json'], { env: { SHOAL_ADDRESS: cluster.address } });

  const refusals: readonly (readonly [string, readonly string[], string, RegExp])[] = [
    ['where a filter ends too early', ['count', 'notes', '--filter', 'big >'], 'INVALID_ARGUMENT', /line 1, column 6/],
    [
      'where a filter compares what cannot be compared',
      ['count', 'notes', '--filter', 'big == "x"'],
      'INVALID_ARGUMENT',
      /column 8.*int64/,
    ],
    ['the same of a delete', ['delete', 'notes', '--filter', 'word = 1'], 'INVALID_ARGUMENT', /line 1, column/],
    ['the same of a scroll', ['scroll', 'notes', '--filter', '(flag'], 'INVALID_ARGUMENT', /line 1, column/],
    [
      'that a value is of another type',
      ['set', 'notes', 'd0001', 'big=soon'],
      'INVALID_ARGUMENT',
      /attribute big must be int64/,
    ],
    ['that a document is unknown', ['set', 'notes', 'none', 'word=x'], 'NOT_FOUND', /none/],
    ['that an id is unknown', ['get', 'notes', 'none'], 'NOT_FOUND', /none/],
    ['that a document to be like is unknown', ['search', 'notes', '--like', 'none'], 'NOT_FOUND', /none/],
    [
      'that a position is of another collection',
      ['count', 'notes', '--min-sequence', 'abc:1'],
      'FAILED_PRECONDITION',
      /abc/,
    ],
    [
      'that an alias would point to itself',
      ['collections', 'alias', 'now', 'today'],
      'FAILED_PRECONDITION',
      /now.*today/,
    ],
    ['that an alias has the name of a collection', ['collections', 'alias', 'notes', 'now'], 'ALREADY_EXISTS', /notes/],
    ['that an alias points to nothing', ['collections', 'alias', 'new', 'none'], 'NOT_FOUND', /none/],
    ['that an alias holds a collection', ['collections', 'drop', 'notes'], 'FAILED_PRECONDITION', /'now'/],
    [
      'that a collection has the name of an alias',
      ['collections', 'create', 'now', '--model', 'none', '--dim', '2'],
      'ALREADY_EXISTS',
      /alias/,
    ],
    ['that a collection is unknown', ['export', 'none', 'out.jsonl'], 'NOT_FOUND', /none/],
    ['that there is no encoder', ['search', 'notes', 'words'], 'INVALID_ARGUMENT', /no encoder model/],
  ];
  for (const [what, words, code, message] of refusals) {
    it(what, async () => {
      const result = await shoal(...words);
      assert.deepEqual([result.exitCode, result.stdout], [1, ''], result.stderr);
      const { error } = JSON.parse(result.stderr.trim().split('\n').at(-1) ?? '') as {
        error: { code: string; message: string };
      };
      assert.equal(error.code, code, error.message);
      assert.match(error.message.replace(/\s+/g, ' '), message);
    });
  }

  it('that a position is of the future', async () => {
    const { uid } = await cluster.client.documents.count('notes');
    const result = await shoal('count', 'notes', '--min-sequence', `${uid}:99999`);
    assert.deepEqual([result.exitCode, /"OUT_OF_RANGE"/.test(result.stderr)], [1, true], result.stderr);
  });

  it('that a restore would write over a collection, or over an alias', async () => {
    for (const name of ['notes', 'now']) {
      const result = await shoal('restore', join(folder, 'backup'), name);
      assert.deepEqual([result.exitCode, /"ALREADY_EXISTS"/.test(result.stderr)], [1, true], result.stderr);
    }
  });

  it('that a backup would write over another', async () => {
    const result = await shoal('backup', 'notes', join(folder, 'backup'));
    assert.deepEqual([result.exitCode, /"ALREADY_EXISTS"/.test(result.stderr)], [1, true], result.stderr);
  });
});
