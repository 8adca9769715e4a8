import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { systemClock } from '../../../../../base/clock.js';
import { withTemporaryCluster } from '../../../../../client/cli/eval/temporary-cluster.js';
import { packageRoot } from '../../../../../client/cli/package-root.js';
import { skipBecause } from '../../../../skip.js';

describe('a temporary cluster', () => {
  it('serves while it is used', async function () {
    if (!existsSync(join(packageRoot(), 'models', 'default', 'manifest.json')))
      skipBecause(this, 'the encoder model is not in models/default, which is part of the repository');
    const documents = await withTemporaryCluster({ clock: systemClock }, async (client) => {
      await client.collections.create('notes');
      await client.documents.upsert('notes', [{ id: '1', text: 'a cobbler mends shoes' }]);
      return (await client.documents.count('notes')).documents;
    });
    assert.equal(documents, 1);
  });
});
