/**
 * The way of a document: validate, encode, append. Each verb is a file beside this one.
 *
 * `prepare` may run for several batches at once; `append` keeps the order in which it is called, so that of two versions of one id
 * in one stream of documents the later one wins.
 */
import { ShoalError } from '../../base/errors.js';
import type { Deadline } from '../../base/deadline.js';
import { sequenceOf } from '../../cluster/log/doc-id.js';
import type { CollectionSettings } from '../../proto/generated/shoal/v1/collections.js';
import type { Document } from '../../proto/generated/shoal/v1/document.js';
import type { WriteResult } from '../../proto/generated/shoal/v1/documents.js';
import type { LogDocument } from '../../proto/generated/shoal/v1/log.js';
import type { Encoders } from '../encoders.js';
import type { Appenders } from './appenders.js';
import type { AttributeTypeRegistry } from './attribute-types.js';
import { contentHash } from './content-hash.js';
import { encodeDocuments } from './encode.js';
import type { TokenCodecs } from './token-codecs.js';
import { acceptDocument, repeatedIds, type AcceptedDocument } from './validate.js';

export interface IngestParts {
  readonly encoders: Encoders;
  readonly codecs: TokenCodecs;
  readonly types: AttributeTypeRegistry;
  readonly appenders: Appenders;
}

/** A document on its way: ready for the log, or refused. */
export type Prepared =
  | { readonly id: string; readonly document: LogDocument; readonly contentHash: bigint }
  | { readonly id: string; readonly refusal: ShoalError };

export interface Ingested {
  /** One a document, in order. */
  readonly results: readonly WriteResult[];
  /** Largest log position of the written ones; 0 when none was. */
  readonly sequence: bigint;
}

/** Writes `documents`; resolves when every accepted one is on disk. Each has its own result. */
export async function ingest(
  documents: readonly Document[],
  settings: CollectionSettings,
  parts: IngestParts,
  deadline: Deadline,
): Promise<Ingested> {
  return append(await prepare({ documents, repeats: 'refuse' }, settings, parts, deadline), settings, parts, deadline);
}

/**
 * Documents that come together. In one request an id may stand once, since nobody could tell which version is meant; in a bulk
 * stream the boundaries of batches are an accident, and the later version wins.
 */
export interface Batch {
  readonly documents: readonly Document[];
  readonly repeats: 'refuse' | 'later wins';
}

/** Validates and encodes. Rejects only for what hits all documents alike, such as an encoder that cannot be reached. */
export async function prepare(
  { documents, repeats }: Batch,
  settings: CollectionSettings,
  parts: IngestParts,
  deadline: Deadline,
): Promise<readonly Prepared[]> {
  const prepared = new Array<Prepared>(documents.length);
  const repeated = repeats === 'refuse' ? repeatedIds(documents) : new Set<string>();
  const accepted: { readonly i: number; readonly each: AcceptedDocument }[] = [];
  documents.forEach((document, i) => {
    const refusal = repeated.has(document.id) ? repeatedRefusal(document.id) : null;
    const each = refusal ?? attempt(() => acceptDocument(document, settings));
    if (each instanceof ShoalError) prepared[i] = { id: document.id, refusal: each };
    else accepted.push({ i, each });
  });
  const conflicts = await parts.types.fix(
    settings,
    accepted.map(({ each }) => each),
  );
  const fitting = accepted.filter(({ i, each }, position) => {
    const conflict = conflicts[position];
    if (conflict) prepared[i] = { id: each.document.id, refusal: conflict };
    return !conflict;
  });
  const encoded = await encodeDocuments(
    fitting.map(({ each }) => each),
    settings,
    { ...parts, deadline },
  );
  fitting.forEach(({ i, each }, position) => {
    const { id } = each.document;
    const document = encoded[position]!;
    if (document instanceof ShoalError) prepared[i] = { id, refusal: document };
    else prepared[i] = { id, document, contentHash: contentHash(each.document) };
  });
  return prepared;
}

/** Appends what was accepted, in order; gives each document's result. */
export async function append(
  prepared: readonly Prepared[],
  settings: CollectionSettings,
  parts: Pick<IngestParts, 'appenders'>,
  deadline: Deadline,
): Promise<Ingested> {
  const appender = parts.appenders.of(settings);
  const results = await Promise.all(
    prepared.map(async (each) => {
      if ('refusal' in each) return refused(each.id, each.refusal);
      try {
        return written(each.id, await withDeadline(appender.append(each), deadline));
      } catch (thrown) {
        return refused(each.id, ShoalError.from(thrown));
      }
    }),
  );
  const sequence = results.reduce(
    (largest, { docId }) => (sequenceOf(docId) > largest ? sequenceOf(docId) : largest),
    0n,
  );
  parts.appenders.noteWritten(settings.uid, sequence);
  return { results, sequence };
}

/** The write goes on when its caller's time is up; the caller learns that it may have happened. */
function withDeadline<T>(work: Promise<T>, deadline: Deadline): Promise<T> {
  return new Promise((resolve, reject) => {
    const expire = (): void => reject(ShoalError.from(deadline.signal.reason));
    deadline.signal.addEventListener('abort', expire, { once: true });
    if (deadline.signal.aborted) expire();
    const detach = (): void => deadline.signal.removeEventListener('abort', expire);
    work.then(resolve, reject).finally(detach);
  });
}

function attempt<T>(work: () => T): T | ShoalError {
  try {
    return work();
  } catch (thrown) {
    return ShoalError.from(thrown);
  }
}

function repeatedRefusal(id: string): ShoalError {
  return new ShoalError(
    'INVALID_ARGUMENT',
    `document '${id}' stands more than once in one request; send one version of it`,
  );
}

function written(id: string, docId: bigint): WriteResult {
  return { id, docId, status: 0, message: '', unchanged: false };
}

function refused(id: string, error: ShoalError): WriteResult {
  return { id, docId: 0n, status: error.status, message: error.message, unchanged: false };
}
