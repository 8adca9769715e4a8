/**
 * What one log record means to a directory partition: pure, so that every copy decides alike and every replay decides again the same.
 *
 * For one id the larger docId wins. Whatever a partition learns to be older, or never valid, it answers with `superseded` to the places
 * where that lies; deletes and conditional writes are decided against the entry at their own log position.
 */
import { unreachable } from '../../base/assert.js';
import {
  condition,
  type DecisionHeaders,
  type RecordHeaders,
  type UpsertHeaders,
} from '../../cluster/log/record-headers.js';
import { Verdict } from '../../proto/generated/shoal/v1/directory.js';
import { noPlaces, type DirectoryEntry, type VerdictRecord } from './store/directory-entry.js';

/** The state before the record. */
export interface PartitionView {
  /** The entry of an id of this partition, or null. */
  entry(id: string): DirectoryEntry | null;
  /** Whether the id belongs to this partition. */
  owns(id: string): boolean;
  /** The code of a subject; a new one for one that was never seen. */
  codeOf(subject: string): number;
  /** `[code]`, one array for all entries. */
  onlyPlace(code: number): readonly number[];
  /** The first verdict of `writeId`, while it is remembered. */
  firstVerdict(writeId: string): VerdictRecord | null;
}

/** A record as it was heard. */
export interface HeardRecord {
  readonly sequence: bigint;
  readonly timeMs: number;
  /** Of the subject on which it was heard. */
  readonly code: number;
  readonly headers: RecordHeaders;
  /** Of a `write`: by position, codes of the subjects where the document belongs, the primary one first. */
  readonly writePlaces?: readonly (readonly number[])[];
}

/** To be said on the subject `code`: versions of `id` below `docId` are gone. */
export interface Superseding {
  readonly code: number;
  readonly id: string;
  readonly docId: bigint;
}

/** A conditional write to be carried out: the document at `position` of the record is to be appended under `docId`. */
export interface AcceptedWrite {
  readonly position: number;
  readonly id: string;
  readonly docId: bigint;
  readonly contentHash: bigint;
  readonly places: readonly number[];
}

export interface Decision {
  /** What becomes of ids; null = gone. */
  readonly changes: ReadonlyMap<string, DirectoryEntry | null>;
  readonly superseded: readonly Superseding[];
  readonly accepted: readonly AcceptedWrite[];
  /** Null unless it is a record of the directory's subject with an id of this partition. */
  readonly verdicts: VerdictRecord | null;
}

interface Draft {
  readonly changes: Map<string, DirectoryEntry | null>;
  readonly superseded: Superseding[];
  readonly accepted: AcceptedWrite[];
  verdicts: VerdictRecord | null;
}

const nothing: Decision = { changes: new Map(), superseded: [], accepted: [], verdicts: null };

/** What `record` changes in the partition behind `view`, and what it causes. */
export function decide(record: HeardRecord, view: PartitionView): Decision {
  const { headers } = record;
  switch (headers.operation) {
    case 'superseded':
      // Said by directories, about what they knew already.
      return nothing;
    case 'upsert':
      return decideUpsert(record.code, headers, view);
    case 'delete':
    case 'write':
      return decideDecision(record, headers, view);
    default:
      return unreachable(headers);
  }
}

function decideUpsert(code: number, headers: UpsertHeaders, view: PartitionView): Decision {
  const { ids, docIds, contentHashes, isAs } = headers;
  const draft = newDraft();
  for (let position = 0; position < ids.length; position += 1) {
    const id = ids[position]!;
    if (!view.owns(id)) continue;
    const docId = docIds[position]!;
    const known = present(draft, id, view);
    if (known !== null && known.docId === docId) {
      const announced = placesOf(headers, position, code, view);
      // A further passage whose record names no other place does not say where the primary one is.
      const primary = isAs && !headers.places.has(position) ? known.places[0]! : announced[0]!;
      draft.changes.set(id, heardOn(known, code, announced, primary));
    } else if (isAs) {
      const least = docId + 1n;
      draft.superseded.push({ code, id, docId: known !== null && known.docId > least ? known.docId : least });
    } else if (known !== null && known.docId > docId) {
      draft.superseded.push({ code, id, docId: known.docId });
    } else {
      const places = placesOf(headers, position, code, view);
      supersedeElsewhere(draft, { id, docId }, known, view.onlyPlace(code));
      const unheard = places.length === 1 ? noPlaces : places.filter((place) => place !== code);
      draft.changes.set(id, { docId, contentHash: contentHashes[position]!, places, unheard });
    }
  }
  return draft;
}

function decideDecision(record: HeardRecord, headers: DecisionHeaders, view: PartitionView): Decision {
  const { ids, conditions, writeId } = headers;
  const owned = ids.map((id) => view.owns(id));
  if (!owned.includes(true)) return nothing;
  const { sequence, timeMs } = record;
  const draft = newDraft();
  const first = writeId === '' ? null : view.firstVerdict(writeId);
  if (first !== null) return { ...draft, verdicts: { ...first, sequence, timeMs } };
  const docIds = new BigUint64Array(ids.length);
  const verdicts = ids.map((id, position) => {
    if (owned[position] !== true) return Verdict.VERDICT_ELSEWHERE;
    const known = present(draft, id, view);
    // Rows from which the state was built may be younger than it: then the write was accepted before.
    const isDone = headers.operation === 'write' && known?.docId === headers.docIds[position];
    const verdict = isDone ? Verdict.VERDICT_APPLIED : verdictOn(headers.operation, conditions[position]!, known);
    if (verdict !== Verdict.VERDICT_APPLIED) docIds[position] = known?.docId ?? 0n;
    else if (headers.operation === 'delete') remove(draft, { id, docId: headers.docIds[position]! }, known);
    else docIds[position] = accept(draft, { ...record, headers }, position, isDone ? null : known);
    return verdict;
  });
  draft.verdicts = { sequence, timeMs, writeId, firstSequence: sequence, firstMs: timeMs, verdicts, docIds };
  return draft;
}

function verdictOn(operation: 'delete' | 'write', wanted: bigint, known: DirectoryEntry | null): Verdict {
  const isAbsent = known === null;
  if (operation === 'delete' && isAbsent && (wanted === condition.none || wanted === condition.absent))
    return Verdict.VERDICT_ABSENT;
  const holds =
    wanted === condition.none || (wanted === condition.absent ? isAbsent : !isAbsent && known.docId === wanted);
  return holds ? Verdict.VERDICT_APPLIED : Verdict.VERDICT_REFUSED;
}

function remove(
  draft: Draft,
  gone: { readonly id: string; readonly docId: bigint },
  known: DirectoryEntry | null,
): void {
  supersedeElsewhere(draft, gone, known, noPlaces);
  draft.changes.set(gone.id, null);
}

/** Gives the docId of the new version. */
function accept(
  draft: Draft,
  record: HeardRecord & { readonly headers: DecisionHeaders },
  position: number,
  known: DirectoryEntry | null,
): bigint {
  const { headers, writePlaces = [] } = record;
  const id = headers.ids[position]!;
  const docId = headers.docIds[position]!;
  const contentHash = headers.contentHashes[position]!;
  const places = writePlaces[position] ?? noPlaces;
  supersedeElsewhere(draft, { id, docId }, known, places);
  draft.accepted.push({ position, id, docId, contentHash, places });
  draft.changes.set(id, { docId, contentHash, places, unheard: places });
  return docId;
}

/** Replicas of `heard` remove smaller versions by themselves. */
function supersedeElsewhere(
  draft: Draft,
  { id, docId }: { readonly id: string; readonly docId: bigint },
  known: DirectoryEntry | null,
  heard: readonly number[],
): void {
  if (known === null) return;
  for (const code of known.places) if (!heard.includes(code)) draft.superseded.push({ code, id, docId });
}

/** `known` after its record was heard on `code`, which may announce more places and which of all is the `primary` one. */
function heardOn(known: DirectoryEntry, code: number, announced: readonly number[], primary: number): DirectoryEntry {
  const { docId, contentHash, places, unheard } = known;
  const added = announced.filter((place) => !places.includes(place));
  // Where the state was built from rows that are younger than it, further passages may be known before the primary one.
  const isInOrder = places[0] === primary;
  if (added.length === 0 && !unheard.includes(code) && isInOrder) return known;
  const waiting = [...unheard, ...added].filter((place) => place !== code);
  return {
    docId,
    contentHash,
    places: added.length === 0 && isInOrder ? places : [...new Set([primary, ...places, ...added])],
    unheard: waiting.length === 0 ? noPlaces : waiting,
  };
}

/** The places that the record on `code` names for a position, the primary one first. */
function placesOf(headers: UpsertHeaders, position: number, code: number, view: PartitionView): readonly number[] {
  const subjects = headers.places.get(position);
  if (subjects === undefined) return view.onlyPlace(code);
  return [...new Set(subjects.map((subject) => view.codeOf(subject)))];
}

/** The entry as the record's earlier positions left it. */
function present(draft: Draft, id: string, view: PartitionView): DirectoryEntry | null {
  const changed = draft.changes.get(id);
  return changed === undefined ? view.entry(id) : changed;
}

function newDraft(): Draft {
  return { changes: new Map(), superseded: [], accepted: [], verdicts: null };
}
