/** What a request for a new collection may ask for; each refusal says what, why and what to do. */
import { float32From } from '../../base/bytes.js';
import { ShoalError } from '../../base/errors.js';
import { limits } from '../../base/limits.js';
import { attributeTypeName, attributeTypes } from '../../proto/attributes.js';
import type { CreateCollectionRequest } from '../../proto/generated/shoal/v1/collections.js';
import { listCountOf, listsMax, type Structure } from '../../vector-index/codebook/structure.js';
import { noModel } from '../encoders.js';
import { misnamed } from '../ingest/validate.js';

const collectionName = /^[a-z0-9][a-z0-9_-]{0,62}$/;
/** Dimensions of a vector, at most. */
export const dimMax = 65_536;
const shardsMax = 4_096;
const directoryPartitionsMax = 256;
const copiesMax = 2;

/** Throws INVALID_ARGUMENT unless `name` can name a collection or an alias; `what` says which. */
export function checkName(name: string, what: string): void {
  if (collectionName.test(name)) return;
  const form = 'lower-case letters, digits, _ and -, beginning with a letter or digit, at most 63 characters';
  throw new ShoalError('INVALID_ARGUMENT', `${what} name '${name}' is not of the form: ${form}`);
}

/** Throws INVALID_ARGUMENT for what can be seen without the model. */
export function checkRequest(request: CreateCollectionRequest): void {
  checkName(request.name, 'collection');
  checkAttributes(request);
  if (request.shards > shardsMax) throw invalid(`shards is ${request.shards}; it must be at most ${shardsMax}`);
  if (request.directoryPartitions > directoryPartitionsMax) {
    const what = `directory partitions are ${request.directoryPartitions}`;
    throw invalid(`${what}; they must be at most ${directoryPartitionsMax}`);
  }
  if (!(request.targetRecall >= 0 && request.targetRecall < 1)) {
    throw invalid(`target recall is ${request.targetRecall}; it must be above 0 and below 1`);
  }
  checkCopies(request.copies);
  if (request.tokenPooling > limits.tokenPoolingMax) {
    const why = `a row is kept for 1 to ${limits.tokenPoolingMax} tokens`;
    throw invalid(`token pooling is ${request.tokenPooling}, but ${why}; give a number of that range`);
  }
  if (request.model === noModel && (request.dim < 1 || request.dim > dimMax)) {
    throw invalid(`dim is ${request.dim}; without a model it must be given, 1 to ${dimMax}`);
  }
  if (request.model !== noModel && request.dim !== 0) {
    throw invalid('dim is the model\'s; give it with model "none" only');
  }
}

/** Throws INVALID_ARGUMENT for a number of lists that a vector cannot lie in; 0 = the usual one. */
export function checkCopies(copies: number): void {
  if (copies > copiesMax) throw invalid(`copies are ${copies}; a vector lies in 1 or ${copiesMax} lists`);
}

/** Throws INVALID_ARGUMENT where token rows shall be pooled and the model `name` gives none of them. */
export function checkPooling({ tokenPooling }: CreateCollectionRequest, name: string, tokenDim: number): void {
  if (tokenPooling <= 1 || tokenDim > 0) return;
  const why = `model '${name}' gives no token vectors that could be pooled`;
  throw invalid(`token pooling is ${tokenPooling}, but ${why}; leave it out, or choose a model that gives them`);
}

/** The fixed structure that the request brings, for vectors of `dim` values; null when it brings none. INVALID_ARGUMENT for a bad one. */
export function structureOf(request: CreateCollectionRequest, dim: number): Structure | null {
  if (request.centroids.length === 0) return null;
  const centroids = float32From(request.centroids, 'centroids');
  const structure = { dim, centroids };
  const lists = listCountOf(structure);
  if (!Number.isInteger(lists)) {
    throw invalid(`centroids have ${centroids.length} values, which are no whole vectors of ${dim} dimensions`);
  }
  if (lists > listsMax) throw invalid(`there are ${lists} centroids; there must be at most ${listsMax}`);
  if (!centroids.every(Number.isFinite)) throw invalid('a centroid has a number that is not finite; clean the input');
  if (request.shards > lists) {
    throw invalid(`shards is ${request.shards}, but there are only ${lists} lists; ask for at most as many shards`);
  }
  return structure;
}

function checkAttributes({ attributes, expiresBy }: CreateCollectionRequest): void {
  for (const [name, type] of Object.entries(attributes)) {
    const isKnown = attributeTypeName(type) !== 'unknown';
    const why = isKnown ? misnamed(name) : `attribute '${name}' has type ${type}, which this cluster does not know`;
    if (why !== null) throw invalid(why);
  }
  if (expiresBy === '') return;
  const why = misnamed(expiresBy);
  if (why !== null) throw invalid(why);
  const declared = Object.hasOwn(attributes, expiresBy) ? attributes[expiresBy] : attributeTypes.timestamp;
  if (declared !== undefined && declared !== attributeTypes.timestamp) {
    const is = `documents expire by '${expiresBy}', which is declared as ${attributeTypeName(declared)}`;
    throw invalid(`${is}; declare it as a timestamp`);
  }
}

function invalid(message: string): ShoalError {
  return new ShoalError('INVALID_ARGUMENT', message);
}
