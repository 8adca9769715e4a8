/** The tokens behind a text's token vectors with their places, so that an explanation can show which words matched. */
import { bufferOf } from '../base/bytes.js';
import type { Deadline } from '../base/deadline.js';
import { present } from '../base/assert.js';
import {
  InputType,
  type TokenizeRequest,
  type TokenizeResponse,
  type TokenizedText,
} from '../proto/generated/shoal/v1/encoder.js';
import { documentSequence, querySequences, type Sequence } from './batch/sequence.js';
import { checkRequest, fullText, type EncoderParts } from './encode.js';
import { tokenOffsets } from './tokenizer/token-offsets.js';

/** Answers `request`; errors as those of `encode`. */
export async function tokenize(
  request: TokenizeRequest,
  parts: EncoderParts,
  deadline: Deadline,
): Promise<TokenizeResponse> {
  checkRequest({ ...request, model: '' }, parts.model.manifest.name);
  deadline.check();
  const texts: TokenizedText[] = [];
  for (const text of request.texts) {
    texts.push(await tokenizeOne(fullText(text), request.inputType, { ...parts, signal: deadline.signal }));
  }
  return { texts };
}

async function tokenizeOne(
  text: string,
  inputType: InputType,
  { model, shape, signal }: EncoderParts & { readonly signal: AbortSignal },
): Promise<TokenizedText> {
  const { tokenizer, manifest } = model;
  const isQuery = inputType === InputType.INPUT_TYPE_QUERY;
  const { maxLength } = isQuery ? manifest.query : manifest.document;
  const reach = text.slice(0, 12 * maxLength);
  const ids = await tokenizer.idsOfLong(reach, signal);
  const wanted = { dense: false, multi: true };
  const sequences = isQuery ? querySequences(ids, shape, wanted) : [documentSequence(ids, shape, wanted)];
  const sequence = sequences.find(({ rows }) => rows !== null);
  if (sequence === undefined) return { tokens: [], offsets: Buffer.alloc(0) };
  const tokens = rowTokens(sequence, (id) => tokenizer.tokenOf(id));
  const special = new Set([...tokenizer.specialIds].map((id) => tokenizer.tokenOf(id)));
  return { tokens, offsets: bufferOf(tokenOffsets(reach, tokens, special)) };
}

function rowTokens({ ids, rows }: Sequence, tokenOf: (id: number) => string): string[] {
  return Array.from(present(rows, 'rows'), (position) => tokenOf(ids[position] ?? 0));
}
