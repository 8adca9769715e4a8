/**
 * The way of a document: validate, leave out what is unchanged, encode, assign lists, append. Each verb is a file beside this one.
 *
 * `prepare` may run for several batches at once; `append` keeps the order in which it is called, so that of two versions of one id
 * in one stream of documents the later one wins.
 */
import { ShoalError } from '../../base/errors.js';
import type { Deadline } from '../../base/deadline.js';
import { emptyWriter } from '../../cluster/log/encoded-document.js';
import { condition } from '../../cluster/log/record-headers.js';
import type { CollectionSettings } from '../../proto/generated/shoal/v1/collections.js';
import type { Document } from '../../proto/generated/shoal/v1/document.js';
import type { UpsertRequest, WriteResult } from '../../proto/generated/shoal/v1/documents.js';
import { refuseIfDropped, unlessDropped } from '../dropped.js';
import type { Encoders } from '../encoders.js';
import type { Structures } from '../structures.js';
import { appendDocuments } from './append.js';
import { assignLists } from './assign-lists.js';
import type { AttributeTypeRegistry } from './attribute-types.js';
import { checkWriteId, conditionColumn } from './conditions.js';
import { contentHash } from './content-hash.js';
import type { DecisionParts } from './decisions.js';
import { encodeDocuments } from './encode.js';
import { findUnchanged } from './find-unchanged.js';
import type { TokenCodecs } from './token-codecs.js';
import { acceptDocument, repeatedIds, type AcceptedDocument } from './validate.js';
import { writeConditionally, type ConditionalDocument } from './write-conditionally.js';

export interface IngestParts extends DecisionParts {
  readonly encoders: Encoders;
  readonly codecs: TokenCodecs;
  readonly types: AttributeTypeRegistry;
  readonly structures: Structures;
}

/** A document on its way: ready for the log, refused, or not to be written since `unchanged` is its docId already. */
export type Prepared =
  | ConditionalDocument
  | { readonly id: string; readonly refusal: ShoalError }
  | { readonly id: string; readonly unchanged: bigint; readonly sequence: bigint };

export interface Ingested {
  /** One a document, in order. */
  readonly results: readonly WriteResult[];
  /** A log position that shows all that the results say; 0 when nothing was written. */
  readonly sequence: bigint;
}

/**
 * Documents that come together. In one request an id may stand once, since nobody could tell which version is meant; in a bulk
 * stream the boundaries of batches are an accident, and the later version wins.
 */
export interface Batch {
  readonly documents: readonly Document[];
  readonly repeats: 'refuse' | 'later wins';
  /** uint64[documents], as in record headers. */
  readonly conditions?: BigUint64Array;
  /** Ids of which another version may be on its way, so that what the directory knows of them may be old. */
  readonly onTheirWay?: ReadonlySet<string>;
  /** How long the directory is given to say which documents are unchanged, milliseconds; a moment unless told. */
  readonly patienceMs?: number;
}

/** Writes the documents of `request`; resolves when every accepted one is on disk. Each has its own result. */
export async function ingest(
  request: Pick<UpsertRequest, 'documents' | 'conditions' | 'writeId'>,
  settings: CollectionSettings,
  parts: IngestParts,
  deadline: Deadline,
): Promise<Ingested> {
  const { documents, writeId } = request;
  const conditions = conditionColumn(documents.length, request.conditions);
  checkWriteId(writeId);
  return unlessDropped(settings, parts.registry, async () => {
    const prepared = await prepare({ documents, repeats: 'refuse', conditions }, settings, parts, deadline);
    const ingested = await append(prepared, settings, parts, { writeId, deadline });
    await refuseIfDropped(ingested.results, settings, parts.registry);
    return ingested;
  });
}

/** Validates and encodes. Rejects only for what hits all documents alike, such as an encoder that cannot be reached. */
export async function prepare(
  batch: Batch,
  settings: CollectionSettings,
  parts: IngestParts,
  deadline: Deadline,
): Promise<readonly Prepared[]> {
  // A log that must not be written is told before anything is encoded for it.
  parts.appenders.routeOf(settings);
  const prepared = new Array<Prepared>(batch.documents.length);
  const accepted = await accept(batch, prepared, settings, parts);
  const changed = await leaveOutUnchanged(accepted, batch, settings, { parts, deadline, prepared });
  const encoded = await encodeDocuments(
    changed.map(({ each }) => each),
    settings,
    { ...parts, deadline },
  );
  const ready = encoded.flatMap((document) => (document instanceof ShoalError ? [] : [document]));
  await assignLists(ready, await parts.structures.of(settings));
  changed.forEach(({ i, each, contentHash: hash, condition: wanted }, position) => {
    const { id } = each.document;
    const document = encoded[position]!;
    if (document instanceof ShoalError) prepared[i] = { id, refusal: document };
    else prepared[i] = { id, document, contentHash: hash, condition: wanted };
  });
  return prepared;
}

/** Begins to append what is ready, in order, before it first waits; gives each document's result. */
export async function append(
  prepared: readonly Prepared[],
  settings: CollectionSettings,
  parts: IngestParts,
  { writeId, deadline }: { readonly writeId: string; readonly deadline: Deadline },
): Promise<Ingested> {
  const results = new Array<WriteResult>(prepared.length);
  const plain: { readonly i: number; readonly each: ConditionalDocument }[] = [];
  const conditional: { readonly i: number; readonly each: ConditionalDocument }[] = [];
  let sequence = 0n;
  prepared.forEach((each, i) => {
    if ('refusal' in each) results[i] = refused(each.id, each.refusal);
    else if ('unchanged' in each) {
      results[i] = { ...written(each.id, each.unchanged), unchanged: true };
      sequence = largerOf(sequence, each.sequence);
    } else (each.condition === condition.none ? plain : conditional).push({ i, each });
  });
  const documentsOf = (some: typeof plain): ConditionalDocument[] => some.map(({ each }) => each);
  const [appended, decided] = await Promise.all([
    plain.length === 0 ? [] : appendDocuments(documentsOf(plain), settings, parts, deadline),
    writeConditionally(documentsOf(conditional), writeId, settings, { parts, deadline }),
  ]);
  plain.forEach(({ i, each }, position) => {
    const outcome = appended[position]!;
    if (!(outcome instanceof ShoalError)) sequence = largerOf(sequence, outcome.sequence);
    results[i] = outcome instanceof ShoalError ? refused(each.id, outcome) : written(each.id, outcome.docId);
  });
  conditional.forEach(({ i, each }, position) => {
    const { outcome, sequence: at } = decided[position]!;
    sequence = largerOf(sequence, at);
    results[i] = outcome instanceof ShoalError ? refused(each.id, outcome) : written(each.id, outcome.docId);
  });
  parts.appenders.noteWritten(settings.uid, sequence);
  return { results, sequence };
}

interface Accepted {
  readonly i: number;
  readonly each: AcceptedDocument;
  readonly contentHash: bigint;
  readonly condition: bigint;
}

/** Those that pass; `prepared` gets the refusals. */
async function accept(
  { documents, repeats, conditions }: Batch,
  prepared: Prepared[],
  settings: CollectionSettings,
  parts: IngestParts,
): Promise<readonly Accepted[]> {
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
  const writer = emptyWriter();
  return accepted.flatMap(({ i, each }, position) => {
    const conflict = conflicts[position];
    if (conflict) {
      prepared[i] = { id: each.document.id, refusal: conflict };
      return [];
    }
    return [{ i, each, contentHash: contentHash(each.document, writer), condition: conditions?.[i] ?? condition.none }];
  });

  function attempt(work: () => AcceptedDocument): AcceptedDocument | ShoalError {
    try {
      return work();
    } catch (thrown) {
      return ShoalError.from(thrown);
    }
  }
}

/** Those that are to be written; `prepared` gets the docIds of the others. */
async function leaveOutUnchanged(
  accepted: readonly Accepted[],
  { onTheirWay, patienceMs }: Batch,
  settings: CollectionSettings,
  options: { readonly parts: IngestParts; readonly deadline: Deadline; readonly prepared: Prepared[] },
): Promise<readonly Accepted[]> {
  const { parts, deadline, prepared } = options;
  const asked = accepted.filter(
    ({ each, condition: wanted }) => wanted === condition.none && onTheirWay?.has(each.document.id) !== true,
  );
  const { docIds, sequence } = await findUnchanged(
    {
      uid: settings.uid,
      ids: asked.map(({ each }) => each.document.id),
      hashes: BigUint64Array.from(asked, ({ contentHash: hash }) => hash),
      ...(patienceMs === undefined ? {} : { patienceMs }),
    },
    parts,
    deadline,
  );
  asked.forEach(({ i, each }, position) => {
    const docId = docIds[position]!;
    if (docId !== 0n) prepared[i] = { id: each.document.id, unchanged: docId, sequence };
  });
  return accepted.filter(({ i }) => prepared[i] === undefined);
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

function largerOf(left: bigint, right: bigint): bigint {
  return left > right ? left : right;
}
