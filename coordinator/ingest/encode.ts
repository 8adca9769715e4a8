/** Second step of a write: what was not given is encoded, in requests small enough to share the encoder with others. */
import { assert, present } from '../../base/assert.js';
import { bufferOf, float32From } from '../../base/bytes.js';
import { ShoalError } from '../../base/errors.js';
import type { Deadline } from '../../base/deadline.js';
import type { CollectionSettings } from '../../proto/generated/shoal/v1/collections.js';
import type { TokenVectors } from '../../proto/generated/shoal/v1/document.js';
import { InputType, type Encoding } from '../../proto/generated/shoal/v1/encoder.js';
import type { LogDocument } from '../../proto/generated/shoal/v1/log.js';
import { documentWeights } from '../../vector-index/sparse/bm25.js';
import { noModel, type Encoders } from '../encoders.js';
import type { TokenCodecs } from './token-codecs.js';
import type { AcceptedDocument, AcceptedPassage } from './validate.js';

/** Texts of one encoder request: its answer of coded 256-token documents stays below 1 MiB. */
const textsPerRequest = 32;

const noBytes = Buffer.alloc(0);

/**
 * The log's form of `accepted`, in order, all representations in place, every passage but the primary one in `further`, lists not
 * yet assigned; INVALID_ARGUMENT for those whose token rows do not fit.
 */
export async function encodeDocuments(
  accepted: readonly AcceptedDocument[],
  settings: CollectionSettings,
  parts: { readonly encoders: Encoders; readonly codecs: TokenCodecs; readonly deadline: Deadline },
): Promise<readonly (LogDocument | ShoalError)[]> {
  const encodings = settings.model === noModel ? [] : await encodeAll(accepted, settings, parts);
  const documents = accepted.map((each, i) => logDocument(each, encodings[i], settings));
  if (settings.tokenDim === 0) return documents;
  return Promise.all(
    documents.map(async (document, i) => {
      const isCoded = wantsTokens(accepted[i]!) && document.tokens?.codec !== '';
      return isCoded ? document : codeTokens(document, settings, parts.codecs);
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
        dense: some.some(({ each }) => each.passages === null),
        sparse: some.some(({ each }) => each.document.sparse === undefined),
        multi: settings.tokenDim > 0 && some.some(({ each }) => wantsTokens(each)),
        tokenPooling: settings.tokenPooling,
      },
      parts.deadline,
    );
    some.forEach(({ i }, position) => (encodings[i] = present(response.encodings[position], 'an encoding')));
  }
}

/** A document that brings every representation, or that has a vector and no text, is not encoded. */
function isComplete(each: AcceptedDocument, settings: CollectionSettings): boolean {
  if (each.passages === null) return false;
  if (each.document.text === undefined) return true;
  return each.document.sparse !== undefined && (settings.tokenDim === 0 || !wantsTokens(each));
}

/** The encoder's tokens are of the whole text, so passages that a user cut bring their own or have none. */
function wantsTokens({ document }: AcceptedDocument): boolean {
  return document.tokens === undefined && document.passages.length === 0;
}

/** Token rows as they are stored: as the encoder coded them; pooled and coded here when they come as float32. */
async function codeTokens(
  document: LogDocument,
  settings: CollectionSettings,
  codecs: TokenCodecs,
): Promise<LogDocument | ShoalError> {
  try {
    for (const passage of [document, ...document.further]) {
      if (passage.tokens !== undefined) passage.tokens = await codecs.coded(passage.tokens, settings);
    }
    return document;
  } catch (thrown) {
    const error = ShoalError.from(thrown);
    if (error.code !== 'INVALID_ARGUMENT') throw error;
    return new ShoalError(error.code, `document '${document.id}': ${error.message}`, { cause: error });
  }
}

function logDocument(
  each: AcceptedDocument,
  encoding: Encoding | undefined,
  settings: CollectionSettings,
): LogDocument {
  const { document, passages } = each;
  const whole: AcceptedPassage = { vector: encoding?.dense ?? noBytes, tokens: document.tokens, start: 0, end: 0 };
  const [first = whole, ...further] = passages ?? [];
  return {
    ...passageOf(each, first, 0),
    ...(document.title === undefined ? {} : { title: document.title }),
    text: document.text ?? '',
    ...wordsOf(each, encoding, settings),
    tokens: tokensOf(each, first, encoding),
    further: further.map((passage, i) => passageOf(each, passage, i + 1)),
  };
}

/** A user's weights as they are; term frequencies as shards weigh them, or weighed here where the model has its own say in it. */
function wordsOf(
  { document }: AcceptedDocument,
  encoding: Encoding | undefined,
  { bm25AverageLength }: CollectionSettings,
): Pick<LogDocument, 'sparse' | 'terms' | 'weighted'> {
  if (document.sparse !== undefined) return { sparse: document.sparse, terms: 0, weighted: false };
  const { sparse, terms = 0, termScales = noBytes } = encoding ?? {};
  if (sparse === undefined || termScales.length === 0) return { sparse, terms, weighted: false };
  const scales = float32From(termScales, 'scales of terms');
  const weights = documentWeights(float32From(sparse.weights, 'term frequencies'), terms, bm25AverageLength);
  assert(scales.length === weights.length, 'every term has a scale');
  const scaled = weights.map((weight, i) => weight * scales[i]!);
  return { sparse: { termIds: sparse.termIds, weights: bufferOf(scaled) }, terms, weighted: true };
}

function tokensOf(
  each: AcceptedDocument,
  { tokens }: AcceptedPassage,
  encoding: Encoding | undefined,
): TokenVectors | undefined {
  return tokens ?? (wantsTokens(each) ? encoding?.tokens : undefined);
}

function passageOf({ document }: AcceptedDocument, passage: AcceptedPassage, number: number): LogDocument {
  const { vector, tokens, start, end } = passage;
  return {
    id: document.id,
    text: '',
    attributes: document.attributes,
    list: 0,
    dense: vector,
    sparse: undefined,
    terms: 0,
    tokens,
    weighted: false,
    passage: number,
    start,
    end,
    home: 0,
    further: [],
  };
}
