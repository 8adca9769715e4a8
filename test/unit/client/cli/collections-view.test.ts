import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { collectionJson, collectionsTable, collectionText } from '../../../../client/cli/collections-view.js';
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
      const multi = { ...collection, tokenDim: 96, tokenCodec: 'r2' };
      assert.match(collectionText(multi, paint), /tokens +96 dimensions, codec r2\n/);
      assert.match(collectionText({ ...multi, tokenPooling: 3 }, paint), /codec r2, about one row for 3 tokens\n/);
      assert.match(collectionText({ ...collection, dim: 1 }, paint), /dense +1 dimension\n/);
      assert.match(text, /copies +1\n/);
      assert.match(collectionText({ ...collection, copies: 2 }, paint), /copies +1, 2 from the next training on\n/);
      assert.match(collectionsTable([collection], {}, paint), /papers +0 +0 B +1 +1 +default/);
    }));

  it('say which version serves, of what was learned or of the codes themselves', () =>
    withClient(async (client) => {
      const collection = await client.collections.create('papers');
      const textOf = (codebookVersion: number, parametersVersion: number): string =>
        collectionText({ ...collection, codebookVersion, parametersVersion }, paint);
      assert.match(textOf(0, 0), /trained +never; by itself as it grows\n/);
      assert.match(textOf(1, 0), /trained +codebook 1; again by itself as it grows\n/);
      assert.match(textOf(1, 3), /trained +codebook 3, learned for codebook 1; again by itself as it grows\n/);
    }));

  it('say what a training does, where it was taken up, and why the last one came to nothing', () =>
    withClient(async (client) => {
      const collection = await client.collections.create('papers');
      const [ordered, ended] = [new Date(0), new Date(1_000)];
      const training = {
        ...{ method: 'jpq', ordered, ended: null, step: 'learning', share: 0.409, node: 'shard-1' },
        ...{ resumedShare: 0.3, version: 0, reason: '' },
      };
      const textOf = (changes: object): string =>
        collectionText({ ...collection, training: { ...training, ...changes } }, paint);
      assert.match(textOf({}), /training +by jpq since 1970\S+: 40 %, learning on shard-1, taken up at 30 %\n/);
      assert.match(
        textOf({ step: '', node: '' }),
        /training +by jpq since \S+ interrupted, and taken up in a moment\n/,
      );
      assert.match(
        textOf({ ended, reason: 'too bad' }),
        /training +the last one, by jpq, ended \S+ without a codebook: too bad/,
      );
      assert.doesNotMatch(textOf({ ended, version: 3 }), /training +/);
      assert.doesNotMatch(collectionText(collection, paint), /training +/);
    }));

  it('say where a shard cannot be counted that there may be more, and take no part for the whole', () =>
    withClient(async (client) => {
      const whole = { ...(await client.collections.create('papers')), documents: 1200, diskBytes: 4096, shards: 3 };
      const part = { ...whole, shardsUncounted: 1 };
      const none = { ...whole, documents: 0, diskBytes: 0, shardsUncounted: 3 };
      assert.match(collectionText(part, paint), /documents +≥ 1,200\n +on disk +≥ 4\.0 KiB/);
      assert.match(collectionsTable([part], {}, paint), /papers +≥ 1,200 +≥ 4\.0 KiB +3/);
      assert.match(collectionsTable([none], {}, paint), /papers +\? +\? +3/);
      const sizes = [whole, part, none].map(collectionJson).map(({ documents, diskBytes }) => [documents, diskBytes]);
      assert.deepEqual(sizes, [
        [1200, 4096],
        [null, null],
        [null, null],
      ]);
    }));

  it('name fifty attributes and say how many more there are', () =>
    withClient(async (client) => {
      const names = Array.from({ length: 1200 }, (_, index) => `a${String(index).padStart(4, '0')}`);
      const attributes = Object.fromEntries(names.map((name) => [name, 'int64' as const]));
      const collection = { ...(await client.collections.create('papers')), attributes };
      assert.match(collectionText(collection, paint), /a0049:int64 … and 1,150 more; --json has all\n/);
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
