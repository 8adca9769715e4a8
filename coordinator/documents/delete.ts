/** Deleting: the directory decides in log order which versions end; by id, or by a filter over attributes. */
import type { Deadline } from '../../base/deadline.js';
import { ShoalError } from '../../base/errors.js';
import { limits } from '../../base/limits.js';
import { condition, headerBytesOf } from '../../cluster/log/record-headers.js';
import { deleteRecord } from '../../cluster/log/records.js';
import type { CollectionSettings } from '../../proto/generated/shoal/v1/collections.js';
import { Verdict } from '../../proto/generated/shoal/v1/directory.js';
import type { DeleteDocumentsRequest } from '../../proto/generated/shoal/v1/documents.js';
import { unlessDropped } from '../dropped.js';
import { checkWriteId, conditionColumn, recordName } from '../ingest/conditions.js';
import { decide, type DecisionParts } from '../ingest/decisions.js';
import { recordPieces } from '../ingest/record-pieces.js';
import { matchingRows } from './matching.js';
import { visibleFilter } from './visible.js';

export interface Deleted {
  /** Ids that existed and were deleted. */
  readonly count: number;
  /** Log position of the last record; 0 when nothing was asked of the log. */
  readonly sequence: bigint;
}

/** A document that is to be deleted. */
export interface Doomed {
  readonly id: string;
  /** As in record headers. */
  readonly condition: bigint;
}

/**
 * Deletes the documents that `request` names, or those that its filter finds, each of these unless it was changed since it was found.
 * Ids that do not exist and those whose condition does not hold are no errors and are not counted.
 */
export async function deleteDocuments(
  request: Pick<DeleteDocumentsRequest, 'ids' | 'filter' | 'conditions' | 'writeId'>,
  settings: CollectionSettings,
  parts: DecisionParts,
  deadline: Deadline,
): Promise<Deleted> {
  const { ids, filter, conditions, writeId } = request;
  if (ids.length > 0 && filter !== '') {
    throw new ShoalError('INVALID_ARGUMENT', 'ids and a filter are both given; delete by one of them');
  }
  checkWriteId(writeId);
  const doomed = doomedOf(ids, conditionColumn(ids.length, conditions));
  return unlessDropped(settings, parts.registry, () => {
    if (filter !== '') return deleteMatching(filter, settings, parts, deadline);
    return deleteEach(doomed, writeId, settings, { parts, deadline });
  });
}

/** Deletes `doomed`, each if its condition holds. */
export async function deleteEach(
  doomed: readonly Doomed[],
  writeId: string,
  settings: CollectionSettings,
  { parts, deadline }: { readonly parts: DecisionParts; readonly deadline: Deadline },
): Promise<Deleted> {
  const { epoch } = parts.appenders.routeOf(settings);
  const pieces = recordPieces(doomed, ({ id }) => ({ headerBytes: headerBytesOf(id), bodyBytes: 0 }));
  const decided = await Promise.all(
    pieces.map((some, piece) => {
      const ids = some.map(({ id }) => id);
      const conditions = BigUint64Array.from(some, (each) => each.condition);
      const name = recordName(writeId, { operation: 'delete', piece, ids, columns: [conditions] });
      const record = deleteRecord(ids, { conditions, writeId: name, epoch });
      return decide(record, settings, parts, deadline);
    }),
  );
  const verdicts = decided.flatMap(({ decisions }) => decisions.map(({ verdict }) => verdict));
  if (verdicts.includes(Verdict.VERDICT_UNKNOWN)) {
    const what = 'how many documents were deleted is not known any more, since the directory lost its data';
    throw new ShoalError('ABORTED', `${what}; what was to be deleted may be gone: read it again and decide`);
  }
  return {
    count: verdicts.filter((verdict) => verdict === Verdict.VERDICT_APPLIED).length,
    sequence: decided.reduce((largest, { sequence }) => (sequence > largest ? sequence : largest), 0n),
  };
}

async function deleteMatching(
  text: string,
  settings: CollectionSettings,
  parts: DecisionParts,
  deadline: Deadline,
): Promise<Deleted> {
  const filter = visibleFilter(text, settings, parts.clock.wallMs());
  let count = 0;
  let sequence = 0n;
  for await (const rows of matchingRows(filter, settings, parts, deadline)) {
    const doomed = rows.map(({ id, docId }) => ({ id, condition: docId }));
    const deleted = await deleteEach(doomed, '', settings, { parts, deadline });
    count += deleted.count;
    if (deleted.sequence > sequence) sequence = deleted.sequence;
  }
  return { count, sequence };
}

/** Ids that no document can have are left out: they do not exist, and might not fit a record. */
function doomedOf(ids: readonly string[], conditions: BigUint64Array): readonly Doomed[] {
  const seen = new Map<string, bigint>();
  ids.forEach((id, i) => {
    const wanted = conditions[i]!;
    const known = seen.get(id);
    if (known !== undefined && (known !== wanted || wanted !== condition.none)) {
      const what = `document '${id}' stands more than once in one request, with conditions`;
      throw new ShoalError('INVALID_ARGUMENT', `${what}; name it once`);
    }
    seen.set(id, wanted);
  });
  return [...seen]
    .filter(([id]) => id !== '' && Buffer.byteLength(id) <= limits.idBytesMax)
    .map(([id, wanted]) => ({ id, condition: wanted }));
}
