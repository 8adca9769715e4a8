import assert from 'node:assert/strict';
import { glossDocument, readGlosses, wordnetFolder, type Gloss } from '../../../../tools/demo/wordnet.js';

describe("WordNet's glosses", () => {
  let glosses: readonly Gloss[] = [];
  before(async () => (glosses = await readGlosses(wordnetFolder())));

  it('are all there, each with an id of its own', () => {
    assert.equal(glosses.length, 117_791);
    assert.equal(new Set(glosses.map((gloss) => gloss.id)).size, 117_791);
    assert.ok(glosses.every((gloss) => gloss.text !== '' && gloss.lemmas.length > 0 && gloss.domain !== 'unknown'));
  });

  it('come commonest first', () => {
    assert.ok(glosses.every((gloss, index) => index === 0 || gloss.uses <= (glosses[index - 1]?.uses ?? 0)));
    const familiar = new Set(glosses.slice(0, 10_000).flatMap((gloss) => gloss.lemmas));
    for (const word of ['house', 'dog', 'run', 'happy', 'slowly', 'widow', 'island'])
      assert.ok(familiar.has(word), word);
  });

  it('become documents that hold the meaning as text and the words as attribute', () => {
    const cobbler = glosses.find((gloss) => gloss.id === 'cobbler.n.1');
    assert.ok(cobbler !== undefined);
    assert.deepEqual(glossDocument(cobbler), {
      id: 'cobbler.n.1',
      text: 'a person who makes or repairs shoes',
      attributes: { pos: 'noun', domain: 'noun.person', lemmas: ['cobbler', 'shoemaker'] },
    });
  });
});
