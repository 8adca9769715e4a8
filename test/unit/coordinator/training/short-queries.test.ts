import assert from 'node:assert/strict';
import { seededRandom } from '../../../../base/random.js';
import { shortQueries, shortText } from '../../../../coordinator/training/short-queries.js';
import { bareSettings, deadlineOf } from '../fixtures.js';
import { trainingRig } from './fixtures.js';

describe('short questions', () => {
  it('are one or two neighbouring words of a text', () => {
    const random = seededRandom(1);
    const texts = Array.from({ length: 50 }, () => shortText('The cobbler, who mends shoes!', random));
    assert.ok(texts.every((text) => /^\p{L}+( \p{L}+)?$/u.test(text)));
    assert.ok(new Set(texts).size > 4);
    assert.equal(shortText('.. a b', random), '');
  });

  it('are none where no model encodes', async () => {
    const none = await shortQueries(bareSettings(), { count: 9, seed: 1 }, trainingRig().parts, deadlineOf());
    assert.equal(none.length, 0);
  });
});
