/** Fourth step of a write with a condition: it goes to the directory's subject, and happens only if the condition holds there. */
import type { Deadline } from '../../base/deadline.js';
import { ShoalError } from '../../base/errors.js';
import { headerBytesOf } from '../../cluster/log/record-headers.js';
import { writeRecord } from '../../cluster/log/records.js';
import type { CollectionSettings } from '../../proto/generated/shoal/v1/collections.js';
import { Verdict } from '../../proto/generated/shoal/v1/directory.js';
import { LogDocument } from '../../proto/generated/shoal/v1/log.js';
import type { Appended, ReadyDocument } from './append.js';
import { conditionRefusal, recordName } from './conditions.js';
import { decide, type DecisionParts } from './decisions.js';
import { recordPieces, tooLarge } from './record-pieces.js';

export interface ConditionalDocument extends ReadyDocument {
  /** As in record headers. */
  readonly condition: bigint;
}

/** What became of a conditional write. A refused one has a position too: that of the record by which it was refused. */
export interface ConditionalOutcome {
  readonly outcome: Appended | ShoalError;
  /** 0 = it never came into the log. */
  readonly sequence: bigint;
}

/**
 * Writes `documents`, each if its condition holds; by position what became of it: FAILED_PRECONDITION saying what is there, or
 * where it is. Of a request that is repeated with its `writeId` the first outcome.
 */
export async function writeConditionally(
  documents: readonly ConditionalDocument[],
  writeId: string,
  settings: CollectionSettings,
  { parts, deadline }: { readonly parts: DecisionParts; readonly deadline: Deadline },
): Promise<readonly ConditionalOutcome[]> {
  const sized = documents.map((each) => ({ each, bytes: LogDocument.encode(each.document).finish().length + 8 }));
  const pieces = recordPieces(sized, ({ each, bytes }) => ({ headerBytes: headerBytesOf(each.id), bodyBytes: bytes }));
  const outcomes = pieces.map(async (piece, i) => {
    const only = piece[0]!;
    const refusal = piece.length === 1 ? tooLarge(only.each.id, only.bytes) : null;
    if (refusal !== null) return [{ outcome: refusal, sequence: 0n }];
    const some = piece.map(({ each }) => each);
    return writePiece(some, { writeId, piece: i }, settings, { parts, deadline });
  });
  return (await Promise.all(outcomes)).flat();
}

async function writePiece(
  documents: readonly ConditionalDocument[],
  { writeId, piece }: { readonly writeId: string; readonly piece: number },
  settings: CollectionSettings,
  { parts, deadline }: { readonly parts: DecisionParts; readonly deadline: Deadline },
): Promise<readonly ConditionalOutcome[]> {
  try {
    const ids = documents.map(({ id }) => id);
    const conditions = BigUint64Array.from(documents, ({ condition }) => condition);
    const contentHashes = BigUint64Array.from(documents, ({ contentHash }) => contentHash);
    const columns = [conditions, contentHashes];
    const record = writeRecord(
      documents.map(({ document }) => document),
      {
        conditions,
        contentHashes,
        structure: settings.structureVersion,
        epoch: parts.appenders.routeOf(settings).epoch,
        writeId: recordName(writeId, { operation: 'write', piece, ids, columns }),
      },
    );
    const { sequence, decisions } = await decide(record, settings, parts, deadline);
    return documents.map(({ id, condition }, i) => {
      const { verdict, docId } = decisions[i]!;
      if (verdict === Verdict.VERDICT_APPLIED) return { outcome: { docId, sequence }, sequence };
      if (verdict === Verdict.VERDICT_UNKNOWN) return { outcome: forgotten(id), sequence };
      return { outcome: conditionRefusal(id, condition, docId), sequence };
    });
  } catch (thrown) {
    const error = ShoalError.from(thrown);
    return documents.map(() => ({ outcome: error, sequence: 0n }));
  }
}

function forgotten(id: string): ShoalError {
  const what = `whether document '${id}' was written is not known any more, since the directory lost its data`;
  return new ShoalError('ABORTED', `${what}; read the document again and decide`);
}
