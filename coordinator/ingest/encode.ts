/** Second step of a write: what was not given is encoded, in requests small enough to share the encoder with others. */
import { bufferOf } from '../../base/bytes.js';
import { present } from '../../base/assert.js';
import { ShoalError } from '../../base/errors.js';
import type { Deadline } from '../../base/deadline.js';
import type { CollectionSettings } from '../../proto/generated/shoal/v1/collections.js';
import type { TokenVectors } from '../../proto/generated/shoal/v1/document.js';
import { InputType, type Encoding } from '../../proto/generated/shoal/v1/encoder.js';
import type { LogDocument } from '../../proto/generated/shoal/v1/log.js';
import { noModel, type Encoders } from '../encoders.js';
import type { TokenCodecs } from './token-codecs.js';
import type { AcceptedDocument } from './validate.js';

/** Texts of one encoder request: its answer of coded 256-token documents stays below 1 MiB. */
const textsPerRequest = 32;

/** The log's form of `accepted`, in order, all representations in place; INVALID_ARGUMENT for those whose token rows do not fit. */
export async function encodeDocuments(
  accepted: readonly AcceptedDocument[],
  settings: CollectionSettings,
  parts: { readonly encoders: Encoders; readonly codecs: TokenCodecs; readonly deadline: Deadline },
): Promise<readonly (LogDocument | ShoalError)[]> {
  const encodings = settings.model === noModel ? [] : await encodeAll(accepted, settings, parts);
  return Promise.all(
    accepted.map(async (each, i) => {
      const encoding = encodings[i];
      try {
        return logDocument(each, encoding, await tokensOf(each, encoding, settings, parts.codecs));
      } catch (thrown) {
        const error = ShoalError.from(thrown);
        if (error.code !== 'INVALID_ARGUMENT') throw error;
        return new ShoalError(error.code, `document '${each.document.id}': ${error.message}`, { cause: error });
      }
    }),
  );
}

async function encodeAll(
  accepted: readonly AcceptedDocument[],
  settings: CollectionSettings,
  parts: { readonly encoders: Encoders; readonly deadline: Deadline },
): Promise<readonly (Encoding | undefined)[]> {
  const encodings = new Array<Encoding | undefined>(accepted.length);
  const open = accepted.map((each, i) => ({ each, i })).filter(({ each }) => !isComplete(each, settings));
  const requests: Promise<void>[] = [];
  for (let start = 0; start < open.length; start += textsPerRequest) {
    requests.push(encodeSome(open.slice(start, start + textsPerRequest)));
  }
  await Promise.all(requests);
  return encodings;

  async function encodeSome(some: readonly { readonly each: AcceptedDocument; readonly i: number }[]): Promise<void> {
    const response = await parts.encoders.encode(
      settings,
      {
        inputType: InputType.INPUT_TYPE_DOCUMENT,
        texts: some.map(({ each }) => ({ title: each.document.title ?? '', text: each.document.text ?? '' })),
        dense: some.some(({ each }) => each.vector === null),
        sparse: some.some(({ each }) => each.document.sparse === undefined),
        multi: settings.tokenDim > 0 && some.some(({ each }) => each.document.tokens === undefined),
      },
      parts.deadline,
    );
    some.forEach(({ i }, position) => (encodings[i] = present(response.encodings[position], 'an encoding')));
  }
}

/** A document that brings every representation, or that has a vector and no text, is not encoded. */
function isComplete({ document, vector }: AcceptedDocument, settings: CollectionSettings): boolean {
  if (vector === null) return false;
  if (document.text === undefined) return true;
  return document.sparse !== undefined && (document.tokens !== undefined || settings.tokenDim === 0);
}

/** Token rows as they are stored: as the encoder coded them; coded here when they come as float32. */
async function tokensOf(
  { document }: AcceptedDocument,
  encoding: Encoding | undefined,
  settings: CollectionSettings,
  codecs: TokenCodecs,
): Promise<TokenVectors | undefined> {
  const tokens = document.tokens ?? encoding?.tokens;
  if (tokens === undefined || (document.tokens === undefined && tokens.codec !== '')) return tokens;
  return codecs.coded(tokens, settings);
}

function logDocument(
  { document, vector }: AcceptedDocument,
  encoding: Encoding | undefined,
  tokens: TokenVectors | undefined,
): LogDocument {
  const sparse = document.sparse ?? encoding?.sparse;
  return {
    id: document.id,
    ...(document.title === undefined ? {} : { title: document.title }),
    text: document.text ?? '',
    attributes: document.attributes,
    list: 0,
    dense: vector === null ? (encoding?.dense ?? Buffer.alloc(0)) : bufferOf(vector),
    sparse,
    terms: document.sparse === undefined ? (encoding?.terms ?? 0) : 0,
    tokens,
    weighted: false,
    passage: 0,
    start: 0,
    end: 0,
    home: 0,
    further: [],
  };
}
