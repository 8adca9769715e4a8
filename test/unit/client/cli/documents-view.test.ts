import assert from 'node:assert/strict';
import { answerJson, attributesLine, storedJson } from '../../../../client/cli/documents-view.js';
import { withClient } from '../with-client.js';

describe('documents and hits for programs', () => {
  it('have id and docId in front, and int64 as numbers', () => {
    const document = { id: 'a', docId: 5n, text: 'x', attributes: { year: 3n } };
    assert.deepEqual(storedJson(document), { id: 'a', docId: 5n, text: 'x', attributes: { year: 3 } });
    assert.equal(attributesLine({ pos: 'noun', lemmas: ['a', 'b'], n: 1n }), 'pos=noun  lemmas=a,b  n=1');
  });

  it('carry matches and shard with an explanation only', () =>
    withClient(async (client) => {
      await client.collections.create('notes');
      await client.documents.upsert('notes', [{ id: '1', text: 'shoes' }]);
      const plain = answerJson(await client.search('notes', 'shoes')) as { hits: object[] };
      assert.equal('matches' in (plain.hits[0] ?? {}), false);
      assert.equal('explanation' in plain, false);
      const explained = answerJson(await client.search('notes', 'shoes', { explain: true })) as { hits: object[] };
      assert.ok('matches' in (explained.hits[0] ?? {}) && 'explanation' in explained);
    }));
});
