/** The conditions of a write as the log carries them, and what to say when one does not hold. */
import { bytesOf } from '../../base/bytes.js';
import { ShoalError } from '../../base/errors.js';
import { hashBytes, hashText } from '../../base/hash.js';
import { condition } from '../../cluster/log/record-headers.js';
import type { WriteCondition } from '../../proto/generated/shoal/v1/documents.js';

/** Names a write, so that a repeat can be told; goes into a text header. */
const writeIdForm = /^[\x21-\x7e]{1,128}$/;

/** uint64[count]: one condition for each entry of a request. INVALID_ARGUMENT when they are not as many, or make no sense. */
export function conditionColumn(count: number, conditions: readonly WriteCondition[]): BigUint64Array {
  if (conditions.length !== 0 && conditions.length !== count) {
    throw invalid(`there are ${conditions.length} conditions for ${count} documents; give one for each, or none`);
  }
  return BigUint64Array.from({ length: count }, (_, i) => valueOf(conditions[i]));
}

/** INVALID_ARGUMENT unless `writeId` is empty or fits a header. */
export function checkWriteId(writeId: string): void {
  if (writeId === '' || writeIdForm.test(writeId)) return;
  throw invalid(`the write id '${writeId.slice(0, 40)}' is not of the form: 1 to 128 visible ASCII characters`);
}

/** What one record of a request says. */
export interface Said {
  readonly operation: 'delete' | 'write';
  /** Which record of the request. */
  readonly piece: number;
  readonly ids: readonly string[];
  /** uint64[ids] each: conditions, content hashes. */
  readonly columns: readonly BigUint64Array[];
}

/**
 * The name under which the verdicts of a record are remembered; empty for a request without one. A repeat of the request is cut alike
 * and says the same; a write id that is used again for anything else is no repeat, and is decided for itself.
 */
export function recordName(writeId: string, { operation, piece, ids, columns }: Said): string {
  if (writeId === '') return '';
  const hash = columns.reduce(
    (before, column) => hashBytes(bytesOf(column), before),
    hashText(JSON.stringify([operation, piece, ids])),
  );
  return `${writeId}/${hash.toString(16)}`;
}

/** Why the write of `id` was refused: what it wanted, and what is there (0 = nothing). */
export function conditionRefusal(id: string, wanted: bigint, found: bigint): ShoalError {
  const is = found === 0n ? 'it does not exist' : `it is there with docId ${found}`;
  const want = wanted === condition.absent ? 'was to be absent' : `was to have docId ${wanted}`;
  return new ShoalError('FAILED_PRECONDITION', `document '${id}' ${want}, but ${is}; read it again and decide`, {
    details: { id, docId: String(found) },
  });
}

function valueOf(given: WriteCondition | undefined): bigint {
  const { ifDocId, ifAbsent } = given ?? {};
  if (ifAbsent === false) throw invalid('if_absent is false; leave the condition out instead');
  if (ifAbsent === true) return condition.absent;
  if (ifDocId === undefined) return condition.none;
  if (ifDocId > 0n && ifDocId < condition.absent) return ifDocId;
  throw invalid(`if_doc_id is ${ifDocId}, which no document has; use if_absent for one that does not exist`);
}

function invalid(message: string): ShoalError {
  return new ShoalError('INVALID_ARGUMENT', message);
}
