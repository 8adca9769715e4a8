import assert from 'node:assert/strict';
import { samplesFor } from '../../../../tools/demo/samples.js';
import { readGlosses, wordnetFolder } from '../../../../tools/demo/wordnet.js';

describe('the sample queries', () => {
  it('ask for words that are among the loaded ones', async () => {
    const glosses = await readGlosses(wordnetFolder());
    for (const documents of [2_000, 2_500, 4_500, 7_000, 9_000, 10_000, 21_000, 117_791]) {
      const words = new Set(glosses.slice(0, documents).flatMap((gloss) => gloss.lemmas));
      for (const { expected } of samplesFor(documents)) assert.ok(words.has(expected), `${expected} of ${documents}`);
    }
    assert.ok(samplesFor(10).length > 0);
  });
});
