import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { collectionsTable, collectionText } from '../../../../client/cli/collections-view.js';
import { colours } from '../../../../client/cli/format.js';
import { withClient } from '../with-client.js';

const paint = colours({ stdout: new PassThrough(), env: {} });

describe('collections in text', () => {
  it('say what holds for them', () =>
    withClient(async (client) => {
      const collection = await client.collections.create('papers', { attributes: { year: 'int64' } });
      const text = collectionText(collection, paint);
      assert.match(text, /^papers\n {2}uid +uid-papers\n/);
      assert.match(text, /attributes +year:int64/);
      assert.match(text, /tokens +none/);
      assert.match(collectionsTable([collection], {}, paint), /papers +0 +0 B +1 +1 +default/);
    }));

  it('are listed with the aliases that point to them', () =>
    withClient(async (client) => {
      const collection = await client.collections.create('papers', { expiresBy: 'until' });
      assert.match(collectionText(collection, paint), /expires by +until/);
      assert.match(collectionsTable([collection], { b: 'papers', a: 'b' }, paint), /alias +points to\na +b\nb +papers/);
    }));

  it('say how to make one where there is none', () => {
    assert.match(collectionsTable([], {}, paint), /shoal import NAME FILE/);
  });
});
