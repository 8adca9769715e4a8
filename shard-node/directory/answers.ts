/** What coordinators ask a node's directory partitions, answered from the state in memory and on disk. */
import { bufferOf, uint64From } from '../../base/bytes.js';
import type { Deadline } from '../../base/deadline.js';
import { ShoalError } from '../../base/errors.js';
import { limits } from '../../base/limits.js';
import type { ChangeLog } from '../../cluster/change-log.js';
import { directorySubject, streamOf } from '../../cluster/keys.js';
import { sequenceOf } from '../../cluster/log/doc-id.js';
import { headersOf } from '../../cluster/log/record-headers.js';
import {
  Verdict,
  type AwaitCommittedRequest,
  type AwaitCommittedResponse,
  type AwaitVerdictsRequest,
  type AwaitVerdictsResponse,
  type FindUnchangedRequest,
  type FindUnchangedResponse,
  type ListLocatedRequest,
  type ListLocatedResponse,
  type LocatedIds,
  type LocateRequest,
  type LocateResponse,
  type ReadCopyRequest,
  type ReadCopyResponse,
  type SubjectMark,
} from '../../proto/generated/shoal/v1/directory.js';
import type { DirectoryEntry } from './store/directory-entry.js';
import type { DirectoryPartition } from './directory-partition.js';
import type { PartitionState } from './partition-state.js';

/** In `places`: the document does not exist. */
const nowhere = 2 ** 32 - 1;
/** Ids of one page of a listing. */
const listedMax = limits.documentsPerRecordMax;

/** Where the partitions of this node are found. FAILED_PRECONDITION when it does not hold the one asked for. */
export interface Partitions {
  partition(uid: string, partition: number): DirectoryPartition;
}

/** The answers of `shoal.v1.Directory` over the partitions of one node. */
export class DirectoryAnswers {
  readonly #partitions: Partitions;
  readonly #log: ChangeLog;

  constructor(partitions: Partitions, log: ChangeLog) {
    this.#partitions = partitions;
    this.#log = log;
  }

  async locate({ uid, partition, ids, heard }: LocateRequest, deadline: Deadline): Promise<LocateResponse> {
    const holder = this.#partitions.partition(uid, partition);
    const state = await heardUpTo(holder, heard, deadline);
    const located = await locatedEntries(holder, state, () => ids.map((id) => state.entry(id)), deadline);
    return { located };
  }

  async listLocated(request: ListLocatedRequest, deadline: Deadline): Promise<ListLocatedResponse> {
    const { uid, partition, afterId, heard } = request;
    const holder = this.#partitions.partition(uid, partition);
    const limit = Math.max(1, Math.min(request.limit, listedMax));
    const state = await heardUpTo(holder, heard, deadline);
    const page: { ids: string[] } = { ids: [] };
    const located = await locatedEntries(
      holder,
      state,
      () => {
        const listed = state.list(afterId, limit);
        page.ids = listed.map(({ id }) => id);
        return listed.map(({ entry }) => entry);
      },
      deadline,
    );
    return { ids: page.ids, located, done: page.ids.length < limit };
  }

  async awaitCommitted(request: AwaitCommittedRequest, deadline: Deadline): Promise<AwaitCommittedResponse> {
    const { uid, partition, sequence, subjects } = request;
    const holder = this.#partitions.partition(uid, partition);
    await holder.checkGiven(sequence);
    const settled = await holder.when((state) => state.settled >= sequence, deadline);
    const caused = settled.caused.upTo(sequence);
    const needed = caused > sequence ? caused : sequence;
    const state = await holder.when(({ heard }) => heard >= needed, deadline);
    const last = subjects.map(async (subject): Promise<SubjectMark> => {
      const known = state.subjects.lastOn(subject);
      return { subject, sequence: known ?? (await this.#log.lastSequence(streamOf(uid), subject)) };
    });
    return { caused, epoch: state.epoch, last: await Promise.all(last) };
  }

  async awaitVerdicts(request: AwaitVerdictsRequest, deadline: Deadline): Promise<AwaitVerdictsResponse> {
    const { uid, partition, sequence } = request;
    const holder = this.#partitions.partition(uid, partition);
    await holder.checkGiven(sequence);
    const state = await holder.when(({ settled }) => settled >= sequence, deadline);
    const found = state.verdicts.at(sequence);
    if (found !== null) return { verdicts: [...found.verdicts], docIds: bufferOf(found.docIds) };
    const count = await this.#elsewhere(uid, sequence, state);
    const verdicts = new Array<Verdict>(count).fill(Verdict.VERDICT_ELSEWHERE);
    return { verdicts, docIds: bufferOf(new BigUint64Array(count)) };
  }

  async findUnchanged(request: FindUnchangedRequest, deadline: Deadline): Promise<FindUnchangedResponse> {
    const { uid, partition, ids, asOf } = request;
    const hashes = uint64From(request.contentHashes, 'content_hashes');
    if (hashes.length !== ids.length) {
      throw new ShoalError('INVALID_ARGUMENT', `${hashes.length} content hashes for ${ids.length} ids; give one each`);
    }
    const holder = this.#partitions.partition(uid, partition);
    const state = await holder.when(({ settled }) => settled >= asOf, deadline);
    const docIds = BigUint64Array.from(ids, (id, i) => {
      const entry = holder.guard(() => state.entry(id));
      const isSame = entry !== null && entry.contentHash !== 0n && entry.contentHash === hashes[i];
      return isSame && entry.unheard.length === 0 ? entry.docId : 0n;
    });
    return { docIds: bufferOf(docIds) };
  }

  async readCopy(request: ReadCopyRequest): Promise<ReadCopyResponse> {
    return this.#partitions.partition(request.uid, request.partition).readCopy(request);
  }

  /** How many positions the record at `sequence` has, none of which is of this partition; else an error that says what it is. */
  async #elsewhere(uid: string, sequence: bigint, state: PartitionState): Promise<number> {
    const entry = await this.#log.read(streamOf(uid), sequence);
    if (entry !== null && entry.subject !== directorySubject(uid))
      throw new ShoalError(
        'INVALID_ARGUMENT',
        `log record ${sequence} asks for no decision; give one of '${directorySubject(uid)}'`,
      );
    const ids = entry === null ? null : headersOf(entry).ids;
    if (ids !== null && !ids.some((id) => state.owns(id))) return ids.length;
    throw new ShoalError('NOT_FOUND', `what became of log record ${sequence} is forgotten; read the documents to see`);
  }
}

/** The state once `heard` was heard. OUT_OF_RANGE when the log has not given it yet. */
async function heardUpTo(holder: DirectoryPartition, heard: bigint, deadline: Deadline): Promise<PartitionState> {
  await holder.checkGiven(heard);
  return await holder.when((state) => state.heard >= heard, deadline);
}

/**
 * The entries that `read` gives, as the wire has them. An accepted write whose record is not in the log yet is waited for: until then
 * nobody can fetch it.
 */
async function locatedEntries(
  holder: DirectoryPartition,
  state: PartitionState,
  read: () => readonly (DirectoryEntry | null)[],
  deadline: Deadline,
): Promise<LocatedIds> {
  for (;;) {
    const entries = holder.guard(read);
    const underWay = underWayAt(entries, state);
    if (underWay === null) return locatedIds(entries, state);
    await holder.when(({ settled }) => settled >= underWay, deadline);
  }
}

/** The largest position of a write among `entries` that is not settled, and whose primary passage was not heard; null = none. */
function underWayAt(entries: readonly (DirectoryEntry | null)[], state: PartitionState): bigint | null {
  let largest: bigint | null = null;
  for (const entry of entries) {
    if (entry === null || entry.unheard.length === 0 || !entry.unheard.includes(entry.places[0]!)) continue;
    const sequence = sequenceOf(entry.docId);
    if (sequence > state.settled && (largest === null || sequence > largest)) largest = sequence;
  }
  return largest;
}

function locatedIds(entries: readonly (DirectoryEntry | null)[], state: PartitionState): LocatedIds {
  const docIds = new BigUint64Array(entries.length);
  const places = new Uint32Array(entries.length).fill(nowhere);
  const marks: SubjectMark[] = [];
  const numbers = new Map<number, number>();
  entries.forEach((entry, i) => {
    if (entry === null) return;
    const code = entry.places[0]!;
    const number = numbers.get(code) ?? marks.length;
    if (number === marks.length) {
      numbers.set(code, number);
      marks.push({ subject: state.subjects.subjectOf(code), sequence: state.subjects.lastOf(code) });
    }
    docIds[i] = entry.docId;
    places[i] = number;
  });
  return { docIds: bufferOf(docIds), places: bufferOf(places), marks };
}
