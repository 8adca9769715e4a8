import assert from 'node:assert/strict';
import { seededRandom } from '../../../../base/random.js';
import { passagesOf, readGlosses } from '../../../../models/build/shipped-text.js';

describe('text that comes with the dependencies', () => {
  it('is every gloss of WordNet', async () => {
    const glosses = await readGlosses();
    assert.equal(glosses.length, 117_791);
    assert.ok(glosses.every((gloss) => gloss !== '' && !gloss.includes('|')));
  });

  it('is joined to passages of many lengths', () => {
    const glosses = Array.from({ length: 100 }, (_, i) => `g${i}`);
    const passages = passagesOf(glosses, 12, seededRandom(1));
    assert.deepEqual(
      passages.map((passage) => passage.split('. ').length),
      [1, 2, 4, 8, 12, 16, 1, 2, 4, 8, 12, 16],
    );
    assert.deepEqual(passagesOf(glosses, 12, seededRandom(1)), passages);
  });
});
