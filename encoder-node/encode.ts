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
import { countTerms } from './tokenizer/term-counts.js';

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
  readonly sequences: readonly Sequence[];
  readonly isTruncated: boolean;
}

/**
 * Answers `request`. INVALID_ARGUMENT for a text that can never be encoded, NOT_FOUND for another model's name, RESOURCE_EXHAUSTED
 * when the queue is full, DEADLINE_EXCEEDED or CANCELLED when the caller's time is over.
 */
export async function encode(request: EncodeRequest, parts: EncoderParts, deadline: Deadline): Promise<EncodeResponse> {
  checkRequest(request, parts.model.manifest.name);
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
  const hasMulti = request.multi && model.manifest.outputs.multi !== null;
  const wanted = { dense: request.dense, multi: hasMulti, pooling: Math.max(1, request.tokenPooling) };
  const isQuery = request.inputType === InputType.INPUT_TYPE_QUERY;
  const { maxLength } = isQuery ? model.manifest.query : model.manifest.document;
  const whole = fullText(text);
  // Without the lexical side nothing behind the model's reach is needed; 12 characters a token are more than any text has.
  const ids = await model.tokenizer.idsOfLong(request.sparse ? whole : whole.slice(0, 12 * maxLength), signal);
  const isNeeded = wanted.dense || wanted.multi;
  const sequences = isQuery ? querySequences(ids, shape, wanted) : [documentSequence(ids, shape, wanted)];
  return { ids, sequences: isNeeded ? sequences : [], isTruncated: isNeeded && isCut(ids.length, shape, isQuery) };
}

function assemble(
  prepared: readonly Prepared[],
  results: readonly SequenceResult[],
  request: EncodeRequest,
  model: EncoderModel,
): Encoding[] {
  let at = 0;
  return prepared.map(({ ids, sequences, isTruncated }) => {
    const own = results.slice(at, at + sequences.length);
    at += sequences.length;
    const dense = own.find((result) => result.dense !== null)?.dense ?? null;
    const tokens = own.find((result) => result.tokens !== null);
    const isDocument = request.inputType === InputType.INPUT_TYPE_DOCUMENT;
    const isCoded = isDocument && model.codec !== null;
    const terms = request.sparse ? countTerms(ids, model.tokenizer.specialIds) : null;
    return {
      dense: dense === null ? Buffer.alloc(0) : bufferOf(dense),
      sparse: terms === null ? undefined : { termIds: bufferOf(terms.termIds), weights: bufferOf(terms.counts) },
      tokens:
        tokens === undefined
          ? undefined
          : {
              count: tokens.tokenCount,
              rows: bufferOf(tokens.tokens ?? new Uint8Array(0)),
              codec: isCoded ? (model.codec?.version ?? '') : '',
              pooled: isDocument && !isCoded && request.tokenPooling > 1,
            },
      terms: terms?.total ?? 0,
      truncated: isTruncated,
    };
  });
}
