/**
 * Where tokens lie in the text that they came from, for explanations: the tokenizer itself gives no offsets.
 *
 * The text is normalised as BERT's normalizer does (control characters dropped, accents stripped, lower case), each character
 * remembering its origin; then tokens are matched greedily from left to right. A token that cannot be found gets 0, 0.
 */

/** How far ahead a token is looked for when it is not where it should be: words that became an unknown token lie between. */
const searchCharacters = 512;

interface Normalized {
  readonly text: string;
  /** For each UTF-16 unit of `text` the origin's start and end in the original. */
  readonly starts: Uint32Array;
  readonly ends: Uint32Array;
}

/** UTF-16 start and end of each of `tokens` in `text`: uint32[tokens, 2]. `special` tokens get 0, 0. */
export function tokenOffsets(text: string, tokens: readonly string[], special: ReadonlySet<string>): Uint32Array {
  const normalized = normalize(text);
  const offsets = new Uint32Array(tokens.length * 2);
  let cursor = 0;
  tokens.forEach((token, index) => {
    if (special.has(token)) return;
    const piece = pieceOf(token);
    const at = find(normalized.text, piece, cursor);
    if (at === -1) return;
    const last = at + piece.length - 1;
    offsets[2 * index] = normalized.starts[at] ?? 0;
    offsets[2 * index + 1] = normalized.ends[last] ?? 0;
    cursor = last + 1;
  });
  return offsets;
}

/** The token's own characters: WordPiece marks a continuation with ##, SentencePiece a beginning with ▁. */
function pieceOf(token: string): string {
  return token.replace(/^(##|▁)(?=.)/u, '');
}

function find(text: string, piece: string, cursor: number): number {
  if (piece === '') return -1;
  let at = cursor;
  while (at < text.length && text[at] === ' ') at++;
  if (text.startsWith(piece, at)) return at;
  const found = text.slice(at, at + searchCharacters).indexOf(piece);
  return found === -1 ? -1 : at + found;
}

function normalize(text: string): Normalized {
  const parts: string[] = [];
  const starts: number[] = [];
  const ends: number[] = [];
  let start = 0;
  for (const character of text) {
    const end = start + character.length;
    const plain = plainOf(character);
    parts.push(plain);
    for (let i = 0; i < plain.length; i++) {
      starts.push(start);
      ends.push(end);
    }
    start = end;
  }
  return { text: parts.join(''), starts: Uint32Array.from(starts), ends: Uint32Array.from(ends) };
}

function plainOf(character: string): string {
  if (/\s/u.test(character)) return ' ';
  if (/[\p{Cc}\p{Cf}\ufffd]/u.test(character)) return '';
  return character
    .toLowerCase()
    .normalize('NFD')
    .replace(/\p{Mn}/gu, '');
}
