import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { pieceEnd, TextTokenizer } from '../../../../encoder-node/tokenizer/tokenizer.js';
import { tinyTokenizer } from '../tiny-model.js';

const never = new AbortController().signal;

describe('the tokenizer of the default model', () => {
  const json = readFileSync('models/default/tokenizer.json', 'utf8');
  const tokenizer = new TextTokenizer(json);

  it('splits as BERT does', () => {
    const tokens = tokenizer.idsOf('The Cobbler, re-heeled my shoes.').map((id) => tokenizer.tokenOf(id));
    assert.deepEqual(tokens, ['the', 'cobb', '##ler', ',', 're', '-', 'heel', '##ed', 'my', 'shoes', '.']);
  });

  it('knows what stands around a text', () => {
    assert.equal(tokenizer.tokenOf(tokenizer.startId), '[CLS]');
    assert.equal(tokenizer.tokenOf(tokenizer.endId), '[SEP]');
    assert.deepEqual(
      [...tokenizer.specialIds].sort((a, b) => a - b),
      [0, 100, 101, 102, 103],
    );
  });

  it('gives a long text in pieces the tokens of the whole', async () => {
    const text = 'Déjà vu: x-ray crystallography of β-lactamase, 3.5 Å. '.repeat(400);
    assert.deepEqual(await tokenizer.idsOfLong(text, never), tokenizer.idsOf(text));
  });

  it('lets others have their turn while it works on a long text', async () => {
    let turns = 0;
    const timer = setInterval(() => turns++, 0);
    await tokenizer.idsOfLong('word '.repeat(40_000), never);
    clearInterval(timer);
    assert.ok(turns > 3, `${turns} turns`);
  });

  it('stops when nobody waits any more', async () => {
    const controller = new AbortController();
    controller.abort(new Error('gone'));
    await assert.rejects(tokenizer.idsOfLong('word '.repeat(10_000), controller.signal), /gone/);
  });

  it('takes no truncation or padding from the file', () => {
    const file = {
      ...(JSON.parse(json) as object),
      truncation: { max_length: 4 },
      padding: { strategy: { Fixed: 9 } },
    };
    const other = new TextTokenizer(JSON.stringify(file));
    assert.equal(other.idsOf('one two three four five six seven').length, 7);
  });
});

describe('reading a tokenizer', () => {
  it('refuses what is no JSON', () => {
    assert.throws(() => new TextTokenizer('{'), { code: 'INVALID_ARGUMENT', message: /tokenizer.json is no JSON/ });
  });

  it('refuses one that puts nothing around a text', () => {
    const bare = { ...(JSON.parse(tinyTokenizer()) as object), post_processor: null };
    assert.throws(() => new TextTokenizer(JSON.stringify(bare)), {
      code: 'INVALID_ARGUMENT',
      message: /one token before/,
    });
  });
});

describe('the pieces of a text', () => {
  const cover = (text: string): string[] => {
    const pieces: string[] = [];
    for (let start = 0; start < text.length; start += pieces.at(-1)?.length ?? 0) {
      pieces.push(text.slice(start, pieceEnd(text, start)));
    }
    return pieces;
  };

  it('cover it and are cut before white space', () => {
    const text = 'several words '.repeat(700);
    const pieces = cover(text);
    assert.equal(pieces.join(''), text);
    for (const piece of pieces.slice(1)) assert.match(piece, /^\s/);
  });

  it('are bounded where there is no white space, and split no character', () => {
    const pieces = cover('😀'.repeat(9_000));
    assert.ok(pieces.every((piece) => piece.length <= 4_096));
    for (const piece of pieces) assert.doesNotMatch(piece, /^[\udc00-\udfff]/);
  });
});
