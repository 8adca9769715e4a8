/**
 * A directory without data and without the log's beginning: taken over from another copy, else built from what the shards hold and what
 * is left of the log.
 *
 * Rows do not tell what a copy has decided and not carried out yet, so that two that judge differently would each end what the other
 * wrote. As long as another copy is placed that may have data, it is waited for, running or not; where all have lost theirs, the one
 * named first in the placement is built from the shards, and the others take over its state.
 *
 * L = the stream's last position at the beginning. Every shard is read once it has applied L: of one id the largest docId counts, the
 * others are superseded. Then what the log still holds is heard: deletes are carried out again, a conditional write was accepted where
 * its document is in a shard or in the log under its docId, and refused otherwise. From L on the log is heard as usual.
 */
import { sleep, type Clock } from '../../../base/clock.js';
import { Deadline } from '../../../base/deadline.js';
import { uint32From, uint64From } from '../../../base/bytes.js';
import { ShoalError } from '../../../base/errors.js';
import type { ChangeLog } from '../../../cluster/change-log.js';
import { directorySubject, shardSubject, streamOf } from '../../../cluster/keys.js';
import type { ShardPlacement } from '../../../proto/generated/shoal/v1/cluster.js';
import type { SubjectMark } from '../../../proto/generated/shoal/v1/directory.js';
import type { ListRowsResponse } from '../../../proto/generated/shoal/v1/shard.js';
import { Slices } from '../../../vector-index/maintenance/slices.js';
import type { Effects } from '../effects.js';
import type { ListRoutes } from '../list-routes.js';
import type { OpenRecord, PartitionState } from '../partition-state.js';
import { beginCopy, takeCopy } from './from-copy.js';
import type { OtherCopies, OtherCopy } from './other-copies.js';
import { LeftOver } from './left-over.js';
import { IncompleteDocuments, mergeRow } from './merge-row.js';

/** Rows asked for at once. */
const pageRows = 4_096;
const pageMs = 30_000;
const retryMs = 500;
/** Entries that are stored at once. */
const storedAtOnce = 65_536;

/** The rows of a collection's shards, wherever they are. */
export interface ShardRows {
  /** Rows with larger docIds than `after`, from a replica that has applied `required`. */
  page(
    placement: ShardPlacement,
    ask: { readonly after: bigint; readonly limit: number; readonly required: readonly SubjectMark[] },
    deadline: Deadline,
  ): Promise<ListRowsResponse>;
}

export interface RebuildParts {
  readonly uid: string;
  readonly state: PartitionState;
  readonly log: ChangeLog;
  readonly routes: ListRoutes;
  readonly rows: ShardRows;
  readonly copies: OtherCopies;
  readonly effects: Effects;
  /** The truncation floors of the collection's subjects, read anew. */
  floors(): Promise<ReadonlyMap<string, bigint>>;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  hinder(error: ShoalError | null): void;
}

/** Whether `state` knows nothing although there was something to hear. */
export function needsRebuild(
  state: Pick<PartitionState, 'heard'>,
  firstSequence: bigint,
  floors: ReadonlyMap<string, bigint>,
): boolean {
  return state.heard === 0n && (firstSequence > 1n || [...floors.values()].some((floor) => floor > 0n));
}

export class Rebuild {
  readonly #parts: RebuildParts;
  readonly #incomplete = new IncompleteDocuments();
  /** Stands for all that the rebuild causes. */
  readonly #cause: OpenRecord = {
    sequence: 0n,
    code: 0,
    decision: { changes: new Map(), superseded: [], accepted: [], verdicts: null },
    open: 0,
    caused: 0n,
  };

  constructor(parts: RebuildParts) {
    this.#parts = parts;
  }

  /** Resolves when the state is whole and stored, or when `signal` aborts. ABORTED when it has to begin again without what was stored. */
  async run(): Promise<void> {
    if (await this.#takeOver()) return;
    const { log, uid, routes, state, clock, signal, hinder } = this.#parts;
    while (routes.placements.length === 0 && !signal.aborted) {
      hinder(new ShoalError('UNAVAILABLE', 'the collection has no shards yet, or was dropped'));
      await sleep(clock, retryMs, signal);
    }
    const last = (await log.state(streamOf(uid))).lastSequence;
    const floors = await this.#parts.floors();
    for (const placement of routes.placements) await this.#readShard(placement, last, floors);
    if (signal.aborted) return;
    const left = new LeftOver({
      ...this.#parts,
      last,
      cause: this.#cause,
      supersede: (...args) => this.#supersede(...args),
    });
    await left.hear();
    await left.decide();
    this.#parts.effects.release();
    while (this.#cause.open > 0 && !signal.aborted) await sleep(clock, 10, signal);
    if (signal.aborted) return;
    state.moveTo(last, { caused: this.#cause.caused, epoch: left.epoch });
    await state.commit();
  }

  /** Whether there is nothing left to do: the state is that of another copy, or `signal` has aborted. */
  async #takeOver(): Promise<boolean> {
    const { uid, copies, clock, signal, hinder } = this.#parts;
    while (!signal.aborted) {
      const others = copies();
      // What is below has to be built anew as well, as where the log lost its end: it may have decided what no shard will ever have.
      const floor = (await this.#parts.floors()).get(directorySubject(uid)) ?? 0n;
      let hindrance: ShoalError | null = null;
      for (const copy of others) {
        const first = await beginCopy(copy, this.#parts).catch((error: unknown) => ShoalError.from(error));
        if (first instanceof ShoalError) hindrance = first;
        else if (first !== null && first.committed >= floor) {
          hinder(null);
          await takeCopy(copy, first, this.#parts);
          return true;
        }
      }
      const leader = others.find(({ isBefore }) => isBefore);
      hindrance ??= leader === undefined ? null : waitsFor(leader);
      hinder(hindrance);
      if (hindrance === null) return signal.aborted;
      await sleep(clock, retryMs, signal);
    }
    return true;
  }

  async #readShard(placement: ShardPlacement, last: bigint, floors: ReadonlyMap<string, bigint>): Promise<void> {
    const { uid, log, state, signal, clock } = this.#parts;
    const subject = shardSubject(uid, placement.generation, placement.shard);
    const code = state.codeOf(subject);
    const [inLog, floor] = [await log.lastSequence(streamOf(uid), subject), floors.get(subject) ?? 0n];
    // A log that was raised begins above what the best replica has.
    const sequence = inLog > floor ? inLog : floor;
    state.subjects.note(code, sequence);
    if (sequence <= last) state.subjects.settle(code, sequence);
    const required = [{ subject, sequence }];
    const slices = new Slices(clock);
    for (let after = 0n; !signal.aborted;) {
      const page = await this.#page(placement, { after, limit: pageRows, required });
      if (page === null) return;
      const docIds = uint64From(page.docIds, 'doc_ids');
      const hashes = uint64From(page.contentHashes, 'content_hashes');
      const elsewhere = page.elsewhere === undefined ? null : uint32From(page.elsewhere, 'elsewhere');
      for (let i = 0; i < page.ids.length; i += 1) {
        this.#take(page.ids[i]!, {
          code,
          docId: docIds[i]!,
          contentHash: hashes[i]!,
          isPrimary: page.primary[i] === 1,
          elsewhere: elsewhere?.[i] ?? 0,
        });
        if (slices.isOver) await slices.pause();
      }
      // Under position 0: what is stored before the end is no state, and thrown away after a crash.
      if (state.changed >= storedAtOnce) await state.commit(0n);
      if (page.done) return;
      after = docIds.at(-1) ?? after;
    }
  }

  #take(id: string, row: Parameters<typeof mergeRow>[1]): void {
    const { state } = this.#parts;
    if (!state.owns(id)) return;
    const known = state.entry(id);
    const { entry: merged, superseded } = mergeRow(known, row);
    const entry = this.#incomplete.hashed(id, merged, row);
    if (entry !== known) state.restore(id, entry);
    for (const { code, docId } of superseded) this.#supersede(code, id, docId);
  }

  #supersede(code: number, id: string, docId: bigint): void {
    this.#cause.open += 1;
    this.#parts.effects.supersede(code, id, docId, this.#cause);
  }

  #page(placement: ShardPlacement, ask: Parameters<ShardRows['page']>[1]): Promise<ListRowsResponse | null> {
    return this.#untilGiven((deadline) => this.#parts.rows.page(placement, ask, deadline));
  }

  /** What `ask` gives, tried until it does, however long that takes; null when the rebuild ends before. */
  async #untilGiven<T>(ask: (deadline: Deadline) => Promise<T>): Promise<T | null> {
    const { clock, signal, hinder } = this.#parts;
    while (!signal.aborted) {
      const deadline = Deadline.after(clock, pageMs, signal);
      try {
        const given = await ask(deadline);
        hinder(null);
        return given;
      } catch (error) {
        hinder(ShoalError.from(error));
      } finally {
        deadline.close();
      }
      await sleep(clock, retryMs, signal);
    }
    return null;
  }
}

function waitsFor({ node }: OtherCopy): ShoalError {
  const what = `no copy of this directory partition has its data; that on node '${node}' is built anew first`;
  return new ShoalError('UNAVAILABLE', `${what}, and this one takes over its state`);
}
