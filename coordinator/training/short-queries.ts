/**
 * Short questions as people might ask them, to learn routes from and for calibration: a word or two of each of many documents, encoded
 * as queries. Their vectors lie farther from the documents than the documents from each other, so that more lists are needed to find what
 * is nearest.
 */
import { bufferOf } from '../../base/bytes.js';
import type { Deadline } from '../../base/deadline.js';
import { ShoalError } from '../../base/errors.js';
import type { Logger } from '../../base/logger.js';
import { seededRandom, type Random } from '../../base/random.js';
import type { CollectionSettings } from '../../proto/generated/shoal/v1/collections.js';
import { InputType } from '../../proto/generated/shoal/v1/encoder.js';
import { scrollDocuments } from '../documents/scroll.js';
import type { ReadParts } from '../documents/read.js';
import { noModel, type Encoders } from '../encoders.js';

/** Documents that are read for each question. */
const documentsPerQuestion = 2;
const textsPerBatch = 50;
/** Of all vectors, which go to a shard node in one message. */
const bytesMax = 4 * 1024 * 1024;

export interface ShortQueryOrder {
  /** Questions at most. */
  readonly count: number;
  readonly seed: number;
}

export interface ShortQueryParts extends ReadParts {
  readonly encoders: Pick<Encoders, 'encode'>;
  readonly logger: Logger;
}

/** float32[n, dim] of short queries; empty for a collection without an encoder, and where none can be asked now. */
export async function shortQueries(
  settings: CollectionSettings,
  order: ShortQueryOrder,
  parts: ShortQueryParts,
  deadline: Deadline,
): Promise<Buffer> {
  if (settings.model === noModel) return Buffer.alloc(0);
  try {
    return await queryVectors(await shortTexts(settings, order, parts, deadline), settings, parts, deadline);
  } catch (thrown) {
    deadline.check();
    const error = ShoalError.from(thrown);
    if (error.code !== 'UNAVAILABLE' && error.code !== 'RESOURCE_EXHAUSTED') throw error;
    parts.logger.warn({ err: error, collection: settings.name }, 'a training does without short queries');
    return bufferOf(new Float32Array(0));
  }
}

/** Queries of a training, of which a message takes the vectors. */
export function queriesMax({ dim }: Pick<CollectionSettings, 'dim'>): number {
  return Math.floor(bytesMax / (4 * dim));
}

/** Of `texts` each once, and at random as many as the vectors of a training may be. */
export function someOf(texts: readonly string[], seed: number, settings: Pick<CollectionSettings, 'dim'>): string[] {
  const different = [...new Set(texts.map((text) => text.trim()))];
  return sampled(different, queriesMax(settings), seededRandom(seed));
}

/** float32[n, dim] of `texts` as queries; those that the model gives no vector are left out. Errors as of `encodedQueries`. */
export async function queryVectors(
  texts: readonly string[],
  settings: CollectionSettings,
  parts: Pick<ShortQueryParts, 'encoders'>,
  deadline: Deadline,
): Promise<Buffer> {
  return Buffer.concat(await encodedQueries(texts, settings, parts, deadline));
}

/**
 * float32[dim] of each of `texts` as a query, or nothing where the model gives it no vector. FAILED_PRECONDITION for vectors of another dimension
 * than the collection has.
 */
export async function encodedQueries(
  texts: readonly string[],
  settings: CollectionSettings,
  { encoders }: Pick<ShortQueryParts, 'encoders'>,
  deadline: Deadline,
): Promise<readonly Buffer[]> {
  const vectors: Buffer[] = [];
  for (let at = 0; at < texts.length; at += textsPerBatch) {
    const batch = texts.slice(at, at + textsPerBatch).map((text) => ({ title: '', text }));
    const query = { inputType: InputType.INPUT_TYPE_QUERY, texts: batch, dense: true, sparse: false, multi: false };
    const { encodings } = await encoders.encode(settings, query, deadline);
    vectors.push(...encodings.map(({ dense }) => dense));
  }
  const other = vectors.find(({ length }) => length !== 0 && length !== 4 * settings.dim);
  if (other === undefined) return vectors;
  const what = `model '${settings.model}' gives vectors of ${other.length / 4} values, collection '${settings.name}' has ${settings.dim}`;
  throw new ShoalError('FAILED_PRECONDITION', `${what}; bring the model that it was made with`);
}

async function shortTexts(
  settings: CollectionSettings,
  { count: most, seed }: ShortQueryOrder,
  parts: ReadParts,
  deadline: Deadline,
): Promise<readonly string[]> {
  const random = seededRandom(seed);
  const texts: string[] = [];
  const options = { batch: 200, withVectors: false, filter: '', afterId: '', minSequence: 0n };
  for await (const documents of scrollDocuments(options, settings, parts, deadline)) {
    for (const { document } of documents)
      texts.push(shortText(`${document?.title ?? ''} ${document?.text ?? ''}`, random));
    if (texts.length >= documentsPerQuestion * most) break;
  }
  const found = [...new Set(texts.filter((text) => text !== ''))];
  return sampled(found, Math.min(most, queriesMax(settings)), random);
}

/** One or two neighbouring words of `text`; '' where it has none. */
export function shortText(text: string, random: Random): string {
  const words = text.slice(0, 2_000).match(/[\p{L}\p{N}]{3,}/gu) ?? [];
  if (words.length === 0) return '';
  const at = random.below(words.length);
  return words.slice(at, at + 1 + random.below(2)).join(' ');
}

/** All of `all`, or `count` of them at random where there are more; changes `all`. */
export function sampled<T>(all: T[], count: number, random: Random): T[] {
  if (all.length <= count) return all;
  for (let i = 0; i < count; i += 1) {
    const j = i + random.below(all.length - i);
    [all[i], all[j]] = [all[j]!, all[i]!];
  }
  return all.slice(0, count);
}
