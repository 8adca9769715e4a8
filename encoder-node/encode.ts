/** One request to the encoder: check, tokenise, shape into sequences, encode, put together. Every part of the answer is in order. */
import { bufferOf } from '../base/bytes.js';
import type { Deadline } from '../base/deadline.js';
import { ShoalError } from '../base/errors.js';
import { limits } from '../base/limits.js';
import {
  InputType,
  type EncodeRequest,
  type EncodeResponse,
  type EncodeText,
  type Encoding,
} from '../proto/generated/shoal/v1/encoder.js';
import type { Encoded, Scheduler } from './batch/scheduler.js';
import { documentSequence, isCut, querySequences, type Sequence, type SequenceShape } from './batch/sequence.js';
import type { EncoderModel } from './model/load-model.js';
import type { SequenceResult } from './model/session.js';
import { rowTerms } from './tokenizer/row-terms.js';
import { countTerms } from './tokenizer/term-counts.js';
import { documentScales, queryWeights } from './tokenizer/term-scales.js';

/** What a request is answered with. */
export interface EncoderParts {
  readonly model: EncoderModel;
  readonly shape: SequenceShape;
  readonly scheduler: Scheduler;
}

/** One text on its way. */
interface Prepared {
  /** All token ids of title and text, without start and end. */
  readonly ids: readonly number[];
  /** Their buffers are a session's thread's once they are on their way. */
  readonly sequences: readonly Sequence[];
  /** int32[rows]: the tokens behind the rows that the sparse head weighs; null where it is not asked. */
  readonly weighed: Int32Array | null;
  /** uint32[rows]: the terms behind the token rows of a query; null of a document, and without such rows. */
  readonly rowTerms: Uint32Array | null;
  readonly isTruncated: boolean;
}

/**
 * Answers `request`. INVALID_ARGUMENT for a text that can never be encoded, NOT_FOUND for another model's name, RESOURCE_EXHAUSTED
 * when the queue is full, DEADLINE_EXCEEDED or CANCELLED when the caller's time is over.
 */
export async function encode(request: EncodeRequest, parts: EncoderParts, deadline: Deadline): Promise<EncodeResponse> {
  checkRequest(request, parts.model.manifest.name);
  checkDigest(request, parts.model);
  deadline.check();
  const { clock, signal } = deadline;
  const startMs = clock.monotonicMs();
  const prepared: Prepared[] = [];
  for (const text of request.texts) prepared.push(await prepare(text, request, { ...parts, signal }));
  const tokenizeMs = clock.monotonicMs() - startMs;
  const isQuery = request.inputType === InputType.INPUT_TYPE_QUERY;
  const sequences = prepared.flatMap((text) => text.sequences);
  const encoded = sequences.length === 0 ? nothing : await parts.scheduler.encode(sequences, isQuery, signal);
  return {
    seq: request.seq,
    status: 0,
    message: '',
    encodings: assemble(prepared, encoded.results, request, parts.model),
    timings: { queueMs: encoded.queueMs, tokenizeMs, inferenceMs: encoded.inferenceMs },
  };
}

const nothing: Encoded = { results: [], queueMs: 0, inferenceMs: 0 };

/** The text as the model sees it: the title is its first words. */
export function fullText({ title, text }: EncodeText): string {
  return title === '' ? text : `${title} ${text}`;
}

/** Throws INVALID_ARGUMENT or NOT_FOUND unless `request` can be answered by the model `name`. */
export function checkRequest(
  request: Pick<EncodeRequest, 'texts' | 'model' | 'inputType'> & Partial<Pick<EncodeRequest, 'tokenPooling'>>,
  name: string,
): void {
  if (request.model !== '' && request.model !== name) {
    throw new ShoalError(
      'NOT_FOUND',
      `this encoder node serves the model '${name}', not '${request.model}'; ask a node that has it`,
    );
  }
  const isKnown =
    request.inputType === InputType.INPUT_TYPE_QUERY || request.inputType === InputType.INPUT_TYPE_DOCUMENT;
  if (!isKnown) throw new ShoalError('INVALID_ARGUMENT', 'input_type is missing; say query or document');
  if (request.texts.length === 0)
    throw new ShoalError('INVALID_ARGUMENT', 'the request has no texts; give at least one');
  const pooling = request.tokenPooling ?? 0;
  if (pooling > limits.tokenPoolingMax) {
    const why = `a row stands for 1 to ${limits.tokenPoolingMax} tokens`;
    throw new ShoalError('INVALID_ARGUMENT', `token pooling is ${pooling}, but ${why}; give a number of that range`);
  }
  request.texts.forEach((text, position) => checkText(text, position, request.inputType));
}

/** Throws NOT_FOUND for a collection that was made with other files than the node answers for. */
function checkDigest({ modelDigest }: Pick<EncodeRequest, 'modelDigest'>, { digest, manifest }: EncoderModel): void {
  if (['', digest, ...manifest.succeeds].includes(modelDigest)) return;
  const what = `the files of model '${manifest.name}' on this encoder node are ${digest}, not ${modelDigest}`;
  throw new ShoalError('NOT_FOUND', `${what}; ask a node that has those`);
}

/** Whether words are weighed by the model's sparse head: not for collections that were made before it had one. */
function isWeighed({ sparse, modelDigest }: EncodeRequest, { sparseHead, digest }: EncoderModel): boolean {
  return sparse && sparseHead !== null && (modelDigest === '' || modelDigest === digest);
}

function checkText(text: EncodeText, position: number, inputType: InputType): void {
  if (inputType === InputType.INPUT_TYPE_QUERY) {
    if (text.text.length <= limits.queryCharactersMax) return;
    const message = `text ${position} has ${text.text.length} characters, a query at most ${limits.queryCharactersMax}; shorten it`;
    throw new ShoalError('INVALID_ARGUMENT', message);
  }
  const bytes = Buffer.byteLength(text.title) + Buffer.byteLength(text.text);
  if (bytes <= limits.textBytesMax) return;
  const message = `text ${position} has ${bytes} bytes, at most ${limits.textBytesMax} are taken; chunk it into several documents`;
  throw new ShoalError('INVALID_ARGUMENT', message);
}

async function prepare(
  text: EncodeText,
  request: EncodeRequest,
  { model, shape, signal }: EncoderParts & { readonly signal: AbortSignal },
): Promise<Prepared> {
  const needsRows = request.multi || isWeighed(request, model);
  const hasMulti = needsRows && model.manifest.outputs.multi !== null;
  const wanted = { dense: request.dense, multi: hasMulti, pooling: Math.max(1, request.tokenPooling) };
  const isQuery = request.inputType === InputType.INPUT_TYPE_QUERY;
  const { maxLength } = isQuery ? model.manifest.query : model.manifest.document;
  const whole = fullText(text);
  // Without counting nothing behind the model's reach is needed; 12 characters a token are more than any text has.
  const isCounted = request.sparse || isQuery;
  const ids = await model.tokenizer.idsOfLong(isCounted ? whole : whole.slice(0, 12 * maxLength), signal);
  const isNeeded = wanted.dense || wanted.multi;
  const sequences = isQuery ? querySequences(ids, shape, wanted) : [documentSequence(ids, shape, wanted)];
  const tokens = rowIds(sequences);
  return {
    ids,
    weighed: isWeighed(request, model) ? tokens : null,
    rowTerms: isQuery && request.multi && tokens !== null ? rowTerms(tokens, termless(model)) : null,
    sequences: isNeeded ? sequences : [],
    isTruncated: isNeeded && isCut(ids.length, shape, isQuery),
  };
}

function assemble(
  prepared: readonly Prepared[],
  results: readonly SequenceResult[],
  request: EncodeRequest,
  model: EncoderModel,
): Encoding[] {
  let at = 0;
  return prepared.map((text) => {
    const own = results.slice(at, at + text.sequences.length);
    at += text.sequences.length;
    const dense = own.find((result) => result.dense !== null)?.dense ?? null;
    return {
      dense: dense === null ? Buffer.alloc(0) : bufferOf(dense),
      tokens: request.multi ? tokensOf(own, request, model) : undefined,
      tokenTerms: text.rowTerms === null ? Buffer.alloc(0) : bufferOf(text.rowTerms),
      truncated: text.isTruncated,
      ...lexicalSide(text, own, request, model),
    };
  });
}

function tokensOf(
  results: readonly SequenceResult[],
  { inputType, tokenPooling }: EncodeRequest,
  { codec }: EncoderModel,
): Encoding['tokens'] {
  const found = results.find((result) => result.tokens !== null);
  if (found === undefined) return undefined;
  const isDocument = inputType === InputType.INPUT_TYPE_DOCUMENT;
  return {
    count: found.tokenCount,
    rows: bufferOf(found.tokens ?? new Uint8Array(0)),
    codec: isDocument ? (codec?.version ?? '') : '',
    pooled: isDocument && codec === null && tokenPooling > 1,
  };
}

/** Words and what they weigh. */
function lexicalSide(
  { ids, weighed }: Prepared,
  results: readonly SequenceResult[],
  request: EncodeRequest,
  model: EncoderModel,
): Pick<Encoding, 'sparse' | 'terms' | 'termScales'> {
  const isQuery = request.inputType === InputType.INPUT_TYPE_QUERY;
  const termScales = Buffer.alloc(0);
  if (!request.sparse && !isQuery) return { sparse: undefined, terms: 0, termScales };
  const counted = countTerms(ids, model.tokenizer.specialIds);
  const terms = counted.total;
  if (!request.sparse) return { sparse: undefined, terms, termScales };
  const features = results.find((result) => result.features !== null)?.features ?? null;
  const rows = weighed === null || features === null ? null : { ids: weighed, features };
  const weights = isQuery && rows !== null ? queryWeights(counted, rows) : counted.counts;
  return {
    sparse: { termIds: bufferOf(counted.termIds), weights: bufferOf(weights) },
    terms,
    termScales: isQuery || rows === null ? termScales : bufferOf(documentScales(counted, rows)),
  };
}

/** The tokens behind the rows of `sequences`, of which at most one has some. */
function rowIds(sequences: readonly Sequence[]): Int32Array | null {
  const found = sequences.find(({ rows }) => rows !== null);
  return found?.rows?.map((position) => found.ids[position]!) ?? null;
}

/** Tokens of a query that are no words of it. */
function termless({ tokenizer, manifest: { query } }: EncoderModel): ReadonlySet<number> {
  const added = [query.markerId, query.expandId].filter((id) => id !== null);
  return new Set([...tokenizer.specialIds, ...added]);
}
