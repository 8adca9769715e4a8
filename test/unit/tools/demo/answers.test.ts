import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { colours } from '../../../../client/cli/format.js';
import { answersText } from '../../../../tools/demo/answers.js';
import { withClient } from '../../client/with-client.js';

describe("the demo's answers", () => {
  it('show the words before the meaning', () =>
    withClient(async (client) => {
      await client.collections.create('glosses');
      const attributes = { pos: 'noun', lemmas: ['cobbler', 'shoemaker'] };
      await client.documents.upsert('glosses', [{ id: 'c', text: 'a person who repairs shoes', attributes }]);
      const view = { paint: colours({ stdout: new PassThrough(), env: {} }), width: 120 };
      const text = answersText(await client.search('glosses', 'shoes'), view);
      assert.match(text, /^ {2}1\. cobbler, shoemaker +noun +1\.000 {2}a person who repairs shoes\n/);
      assert.equal(answersText(await client.search('glosses', 'nothing'), view), 'no word means that');
    }));
});
