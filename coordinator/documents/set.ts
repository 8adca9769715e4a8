/**
 * Setting attributes of a document without encoding it again: it is read as the log had it, changed, and written on the condition
 * that it is still the version that was read. Where another write came in between, it is read again.
 */
import { sleep } from '../../base/clock.js';
import type { Deadline } from '../../base/deadline.js';
import { ShoalError } from '../../base/errors.js';
import { hashBytes } from '../../base/hash.js';
import { attributesFromWire } from '../../proto/attributes.js';
import type { CollectionSettings } from '../../proto/generated/shoal/v1/collections.js';
import { Document } from '../../proto/generated/shoal/v1/document.js';
import type { SetAttributesRequest } from '../../proto/generated/shoal/v1/documents.js';
import { LogDocument } from '../../proto/generated/shoal/v1/log.js';
import { unlessDropped } from '../dropped.js';
import type { IngestParts } from '../ingest/ingest.js';
import { assignLists } from '../ingest/assign-lists.js';
import { misnamed, unstorable } from '../ingest/validate.js';
import { writeConditionally } from '../ingest/write-conditionally.js';
import { readRecord, type RecordParts } from './record.js';

export type SetParts = RecordParts & Pick<IngestParts, 'registry' | 'types' | 'structures'>;

export interface AttributesSet {
  /** Of the version with the new attributes. */
  readonly docId: bigint;
  /** A log position that shows it. */
  readonly sequence: bigint;
}

type Change = Pick<SetAttributesRequest, 'id' | 'attributes' | 'remove'>;

/** Attempts against other writers of the same document, waiting 1, 2, 4 … milliseconds before. */
const attemptsMax = 10;

/**
 * Sets or replaces `attributes` of a document and takes away those named in `remove`; all else stays. NOT_FOUND for an unknown id,
 * INVALID_ARGUMENT for a value of another type than the collection's, ABORTED when it is changed faster than this can follow,
 * FAILED_PRECONDITION when passages are missing, since its write was broken off.
 */
export async function setAttributes(
  change: Change,
  settings: CollectionSettings,
  parts: SetParts,
  deadline: Deadline,
): Promise<AttributesSet> {
  check(change);
  return unlessDropped(settings, parts.registry, async () => {
    const partial = new Set<bigint>();
    let areTypesFixed = false;
    for (let attempt = 0; attempt < attemptsMax; attempt += 1) {
      deadline.check();
      if (attempt > 0) await sleep(parts.clock, 2 ** (attempt - 1), deadline.signal);
      const record = await readRecord(change.id, settings, parts, deadline);
      if (record === null) continue;
      const { docId, document } = record;
      if (document === null) {
        // The rest may still be on its way.
        partial.add(docId);
        continue;
      }
      if (!areTypesFixed) await fixTypes(change, settings, parts);
      areTypesFixed = true;
      const next = changed(document, change);
      // The shard may still have it under an older structure than the one that this write names.
      await assignLists([next], await parts.structures.of(settings));
      const written = await write(next, docId, settings, { parts, deadline });
      if (written !== null) return written;
      partial.clear();
    }
    throw inVain(change.id, settings, partial.size === 1);
  });
}

function inVain(id: string, settings: CollectionSettings, isPartial: boolean): ShoalError {
  const what = `document '${id}' of collection '${settings.name}'`;
  if (!isPartial)
    return new ShoalError('ABORTED', `${what} was changed each time before its attributes were set; try again`);
  const why = 'lacks passages, since its write was broken off before it was acknowledged';
  return new ShoalError('FAILED_PRECONDITION', `${what} ${why}; write the whole document again`);
}

function check({ id, attributes, remove }: Change): void {
  const invalid = (why: string): ShoalError => new ShoalError('INVALID_ARGUMENT', `document '${id}': ${why}`);
  const names = Object.keys(attributes);
  if (names.length + remove.length === 0) throw invalid('nothing is to be set or removed; name an attribute');
  const why = unstorable(attributesFromWire(attributes)) ?? remove.map(misnamed).find((each) => each !== null);
  if (why !== undefined && why !== null) throw invalid(why);
  const both = remove.find((name) => Object.hasOwn(attributes, name));
  if (both !== undefined) throw invalid(`attribute '${both}' is to be set and to be removed; do one of them`);
}

async function fixTypes({ id, attributes }: Change, settings: CollectionSettings, { types }: SetParts): Promise<void> {
  const document = Document.fromPartial({ id });
  const accepted = { document, attributes: attributesFromWire(attributes), passages: null };
  const [refusal] = await types.fix(settings, [accepted]);
  if (refusal) throw refusal;
}

function changed(record: LogDocument, { attributes: added, remove }: Change): LogDocument {
  const kept = Object.entries(record.attributes).filter(([name]) => !remove.includes(name));
  const attributes = { ...Object.fromEntries(kept), ...added };
  const further = record.further.map((passage) => ({ ...passage, attributes }));
  return { ...record, attributes, further, weighted: true };
}

/** Null when another write came first. */
async function write(
  document: LogDocument,
  docId: bigint,
  settings: CollectionSettings,
  { parts, deadline }: { readonly parts: SetParts; readonly deadline: Deadline },
): Promise<AttributesSet | null> {
  // No content that a user sends has this hash, so that importing the document as it was writes it again.
  const contentHash = hashBytes(LogDocument.encode(document).finish());
  const entry = { id: document.id, document, contentHash, condition: docId };
  const [written] = await writeConditionally([entry], '', settings, { parts, deadline });
  const { outcome } = written!;
  if (!(outcome instanceof ShoalError)) return outcome;
  if (outcome.code === 'FAILED_PRECONDITION') return null;
  throw outcome;
}
