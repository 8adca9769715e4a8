import assert from 'node:assert/strict';
import { uint32From } from '../../../base/bytes.js';
import { systemClock } from '../../../base/clock.js';
import { Deadline } from '../../../base/deadline.js';
import { tokenize } from '../../../encoder-node/tokenize.js';
import { InputType, type TokenizedText } from '../../../proto/generated/shoal/v1/encoder.js';
import { withParts } from './parts.js';

async function tokensOf(inputType: InputType, title: string, text: string): Promise<TokenizedText | undefined> {
  return withParts(async (parts) => {
    const deadline = Deadline.after(systemClock, 5_000);
    const { texts } = await tokenize({ inputType, texts: [{ title, text }] }, parts, deadline);
    deadline.close();
    return texts[0];
  });
}

describe('tokenizing', () => {
  it('names the rows of a document with their places in title and text', async () => {
    const found = await tokensOf(InputType.INPUT_TYPE_DOCUMENT, 'Shoe', 'fish!');
    assert.deepEqual(found?.tokens, ['shoe', 'fish', '!', '[SEP]']);
    assert.deepEqual([...uint32From(found.offsets, 'offsets')], [0, 4, 5, 9, 9, 10, 0, 0]);
  });

  it('names the rows of a query, without its prefix', async () => {
    const found = await tokensOf(InputType.INPUT_TYPE_QUERY, '', 'fish');
    assert.deepEqual(found?.tokens, ['fish', '[SEP]']);
  });

  it('names no more tokens than the model sees', async () => {
    const found = await tokensOf(InputType.INPUT_TYPE_DOCUMENT, '', 'fish '.repeat(100));
    assert.equal(found?.tokens.length, 15);
  });

  it('refuses a request without texts', async () => {
    await withParts(async (parts) => {
      const deadline = Deadline.after(systemClock, 5_000);
      const request = { inputType: InputType.INPUT_TYPE_QUERY, texts: [] };
      await assert.rejects(tokenize(request, parts, deadline), { code: 'INVALID_ARGUMENT' });
      deadline.close();
    });
  });
});
