/** First step: the question's text becomes a dense vector, terms and token vectors, in one encoder pass. */
import { float32From, uint32From } from '../../base/bytes.js';
import { assert, present } from '../../base/assert.js';
import type { Deadline } from '../../base/deadline.js';
import { InputType, type Encoding } from '../../proto/generated/shoal/v1/encoder.js';
import type { Encoders } from '../encoders.js';
import type { Question } from './question.js';
import type { TokenRows } from './token-weights.js';

export interface EncodedQuestion {
  /** float32[dim], null where the mode needs none. */
  readonly dense: Float32Array | null;
  /** Terms of the text, repeats included; null where there is no text, or it has none. */
  readonly termCount: number | null;
  /** Terms with their number of occurrences, or what the model's head makes of it; null where the mode needs none. */
  readonly terms: { readonly termIds: Uint32Array; readonly weights: Float32Array } | null;
  /** Null where the mode needs none. */
  readonly tokens: TokenRows | null;
}

/** The representations that `question` asks for; a given vector is passed through. */
export async function encode(question: Question, encoders: Encoders, deadline: Deadline): Promise<EncodedQuestion> {
  if (question.vector !== null) return { dense: question.vector, termCount: null, terms: null, tokens: null };
  const response = await encoders.encode(
    question.settings,
    {
      inputType: InputType.INPUT_TYPE_QUERY,
      texts: [{ title: '', text: question.text }],
      dense: question.dense,
      sparse: question.sparse,
      multi: question.multi,
    },
    deadline,
  );
  const encoding = present(response.encodings[0], 'the encoding of the question');
  return {
    dense: question.dense ? float32From(encoding.dense, 'the dense vector of the question') : null,
    termCount: encoding.terms === 0 ? null : encoding.terms,
    terms:
      question.sparse && encoding.sparse !== undefined
        ? {
            termIds: uint32From(encoding.sparse.termIds, 'the terms of the question'),
            weights: float32From(encoding.sparse.weights, 'the term weights of the question'),
          }
        : null,
    tokens: question.multi ? tokensOf(encoding) : null,
  };
}

function tokensOf({ tokens, tokenTerms }: Encoding): TokenRows | null {
  if (tokens === undefined || tokens.count === 0) return null;
  const { count } = tokens;
  const rows = float32From(tokens.rows, 'the tokens of the question');
  if (tokenTerms.length === 0) return { rows, count, terms: null };
  const terms = uint32From(tokenTerms, 'the terms of tokens of the question');
  assert(terms.length === count, 'an encoder tells the term of every token row or of none');
  return { rows, count, terms };
}
