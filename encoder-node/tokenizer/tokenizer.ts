/**
 * Texts to token ids, as the model's own `tokenizer.json` says; truncation and padding of that file are ignored.
 *
 * A long text is tokenised in pieces cut at white space, with a pause between them, so that no text holds the event loop; for
 * tokenizers that split at white space first (WordPiece, and Unigram behind Metaspace) the pieces' tokens are those of the whole.
 */
import { setImmediate } from 'node:timers/promises';
import { Tokenizer } from '@huggingface/tokenizers';
import { assert } from '../../base/assert.js';
import { ShoalError } from '../../base/errors.js';

/** Characters of one piece: about 0.4 ms of work. */
const pieceCharacters = 1_024;
/** Pieces between two pauses. */
const piecesPerTurn = 2;

export class TextTokenizer {
  readonly #tokenizer: Tokenizer;
  /** Ids that no text should hold: start, end, padding, unknown, mask. */
  readonly specialIds: ReadonlySet<number>;
  /** The token before every sequence, and the one after. */
  readonly startId: number;
  readonly endId: number;

  /** From the text of a `tokenizer.json`. INVALID_ARGUMENT when it is none, or adds other than one token before and after. */
  constructor(json: string) {
    const description = parse(json);
    this.#tokenizer = new Tokenizer({ ...description, truncation: null, padding: null }, {});
    const added = description['added_tokens'];
    this.specialIds = new Set(Array.isArray(added) ? added.filter(isSpecial).map(({ id }) => id) : []);
    const [startId, ...rest] = this.#tokenizer.encode('').ids;
    const [endId] = rest;
    if (startId === undefined || endId === undefined || rest.length !== 1) {
      throw new ShoalError('INVALID_ARGUMENT', 'the tokenizer must add one token before a text and one after it');
    }
    this.startId = startId;
    this.endId = endId;
  }

  /** Token ids of a short text, without start and end. */
  idsOf(text: string): number[] {
    return this.#tokenizer.encode(text, { add_special_tokens: false }).ids;
  }

  /** The same for a text of any length, with pauses in which others get their turn. `signal` ends it early. */
  async idsOfLong(text: string, signal: AbortSignal): Promise<number[]> {
    if (text.length <= pieceCharacters) return this.idsOf(text);
    const ids: number[] = [];
    let start = 0;
    for (let pieces = 1; start < text.length; pieces++) {
      const end = pieceEnd(text, start);
      for (const id of this.idsOf(text.slice(start, end))) ids.push(id);
      start = end;
      if (pieces % piecesPerTurn === 0 && start < text.length) await setImmediate();
      signal.throwIfAborted();
    }
    return ids;
  }

  /** The token of `id` as the vocabulary spells it. */
  tokenOf(id: number): string {
    return this.#tokenizer.id_to_token(id) ?? '';
  }
}

/** The end of the piece that begins at `start`: before the next white space, or after four pieces' length where there is none. */
export function pieceEnd(text: string, start: number): number {
  assert(start < text.length, 'a piece begins inside the text');
  const earliest = start + pieceCharacters;
  if (earliest >= text.length) return text.length;
  const latest = Math.min(text.length, start + 4 * pieceCharacters);
  for (let end = earliest; end < latest; end++) {
    if (isSpace(text.charCodeAt(end))) return end;
  }
  return isHighSurrogate(text.charCodeAt(latest - 1)) && latest < text.length ? latest - 1 : latest;
}

function isSpace(code: number): boolean {
  return code === 32 || (code >= 9 && code <= 13);
}

function isHighSurrogate(code: number): boolean {
  return code >= 0xd800 && code < 0xdc00;
}

function isSpecial(token: unknown): token is { id: number } {
  return typeof token === 'object' && token !== null && 'special' in token && token.special === true && 'id' in token;
}

function parse(json: string): Record<string, unknown> {
  try {
    return JSON.parse(json) as Record<string, unknown>;
  } catch (cause) {
    throw new ShoalError('INVALID_ARGUMENT', `tokenizer.json is no JSON: ${String(cause)}`, { cause });
  }
}
