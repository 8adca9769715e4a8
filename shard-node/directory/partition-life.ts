/**
 * A directory partition at work on one store: hears the log, decides, causes, settles and commits, until it is closed or cannot go on.
 *
 * The way of a record: heard → decided (`decide.ts`) → what it causes is appended (`effects.ts`) → settled, in log order → committed.
 * What must be answered after a restart is either in the store or decided again from the log.
 */
import type { Clock } from '../../base/clock.js';
import { sleep } from '../../base/clock.js';
import { ShoalError } from '../../base/errors.js';
import { Hindrances } from '../../base/hindrances.js';
import type { Logger } from '../../base/logger.js';
import type { ChangeLog, LogConsumer, LogEntry } from '../../cluster/change-log.js';
import { allSubjects, directorySubject, streamOf } from '../../cluster/keys.js';
import { partsOf, type DocumentParts } from '../../cluster/log/passages.js';
import { headersOf, type DecisionHeaders, type RecordHeaders } from '../../cluster/log/record-headers.js';
import { documentsOf } from '../../cluster/log/records.js';
import type { ReadCopyRequest, ReadCopyResponse } from '../../proto/generated/shoal/v1/directory.js';
import { Slices } from '../../vector-index/maintenance/slices.js';
import { Committer } from './committer.js';
import type { DirectoryStore } from './store/directory-store.js';
import { Effects, writeEffects } from './effects.js';
import type { ListRoutes } from './list-routes.js';
import { emptyPage } from './rebuild/copy-page.js';
import { GivenStates } from './rebuild/given-states.js';
import type { OtherCopies } from './rebuild/other-copies.js';
import { decide, type AcceptedWrite, type Superseding } from './decide.js';
import { PartitionState, type HashRange, type OpenRecord } from './partition-state.js';
import { needsRebuild, Rebuild, type ShardRows } from './rebuild/rebuild.js';
import { Waiters } from '../../base/waiters.js';

const retryMs = 200;
/** Records heard and not settled beyond which it reads no further. */
const unsettledMax = 4_096;
/** Effects that wait for the log beyond which it reads no further. */
const effectsMax = 65_536;
/** So many times the entries of one commit may wait for it. */
const changedFactor = 4;

const rebuilding = 'it has lost its data, and is being built anew from another copy or from the shards';

export interface LifeParts {
  readonly uid: string;
  readonly range: HashRange;
  readonly store: DirectoryStore;
  readonly log: ChangeLog;
  readonly routes: ListRoutes;
  readonly rows: ShardRows;
  readonly copies: OtherCopies;
  /** The truncation floors of the collection's subjects, read anew. */
  floors(): Promise<ReadonlyMap<string, bigint>>;
  /** Number of the node's lease; null while it has none that it can trust: then what it knows of floors may be out of date. */
  readonly term: () => number | null;
  readonly commitEveryMs: number;
  readonly commitEntries: number;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Something that callers wait for, or that is reported, may have changed. */
  readonly onChange: () => void;
}

export class PartitionLife {
  readonly state: PartitionState;
  readonly #parts: LifeParts;
  readonly #effects: Effects;
  readonly #committer: Committer;
  readonly #given: GivenStates;
  readonly #moved = new Waiters();
  /** What is appended once a record's writes are in the log: the new version is there before the old one goes. */
  readonly #afterwards = new Map<OpenRecord, readonly Superseding[]>();
  readonly #stop = new AbortController();
  #consumer: LogConsumer | null = null;
  /** In which the floors were read. */
  #term: number | null = null;
  #failure: ShoalError | null = null;
  #readyAt: bigint | null = null;
  #isReady = false;
  #isRebuilding = false;
  readonly #problems = new Map<string, string>();
  readonly #hindrances: Hindrances;

  constructor(parts: LifeParts) {
    const { store, range, clock, log, uid } = parts;
    this.#parts = parts;
    this.#hindrances = new Hindrances(parts);
    this.state = new PartitionState(store, range);
    this.#given = new GivenStates(store, clock);
    this.#effects = new Effects({
      append: (subject, record, deadline) => log.append(streamOf(uid), subject, record, deadline),
      subjectOf: (code) => this.state.subjects.subjectOf(code),
      isWanted: (effect, code) => {
        const entry = this.state.entry(effect.id);
        return entry !== null && entry.docId === effect.docId && entry.unheard.includes(code);
      },
      onDone: (cause, code, sequence) => this.#noteDone(cause, code, sequence),
      onHindrance: (error) => this.#hinder('append', error),
      onFailure: (error) => this.fail(error),
      clock,
    });
    this.#committer = new Committer({
      state: this.state,
      clock,
      everyMs: parts.commitEveryMs,
      entriesMax: parts.commitEntries,
      onCommitted: () => this.#change(),
      onHindrance: (error) => this.#hinder('commit', error),
      onFailure: (error) => this.fail(error),
    });
  }

  /** It has heard and settled everything that the log held when it began. */
  get isReady(): boolean {
    return this.#isReady;
  }

  /** It asks the shards for what it lost. */
  get isRebuilding(): boolean {
    return this.#isRebuilding;
  }

  /** What keeps it from going on at present; '' when all is well. */
  get problem(): string {
    const problems = [...this.#problems.values()];
    return this.#isRebuilding && problems.length === 0 ? rebuilding : problems.join('; ');
  }

  /** A page of what is stored, for another copy. UNAVAILABLE while that is not known; DATA_LOSS when it is damaged. */
  readCopy(request: ReadCopyRequest): ReadCopyResponse {
    if (this.#isEnding)
      throw new ShoalError('UNAVAILABLE', 'this copy of the directory is being closed; ask again later');
    if (this.state.committed > 0n) return this.#given.page(request);
    if (this.#isRebuilding) return emptyPage();
    throw new ShoalError('UNAVAILABLE', 'this copy of the directory has stored nothing yet; ask again later');
  }

  /** Works until `close` or `fail`; throws what ended it. */
  async run(): Promise<void> {
    try {
      while (!this.#isEnding) {
        await this.#hearAll();
        if (!this.#isEnding) await sleep(this.#parts.clock, retryMs, this.#stop.signal);
      }
    } catch (error) {
      this.fail(error);
    }
    this.#effects.close();
    this.#given.close();
    await this.#committer.close();
    if (this.#failure !== null) throw this.#failure;
  }

  /** Ends the work where the log no longer has what follows, as it may after a lapse of the node's lease. Never rejects. */
  async checkLog(): Promise<void> {
    while (!this.#isEnding) {
      try {
        return await this.#checkFloors();
      } catch (thrown) {
        if (!isPassing(ShoalError.from(thrown))) return this.fail(thrown);
        await sleep(this.#parts.clock, retryMs, this.#stop.signal);
      }
    }
  }

  /** Ends the work with `error`. */
  fail(error: unknown): void {
    this.#failure ??= ShoalError.from(error);
    this.close();
  }

  /** Ends the work; `run` then resolves. What is not committed is heard again next time. Idempotent. */
  close(): void {
    this.#stop.abort();
    this.#effects.close();
    void this.#consumer?.close();
    this.#moved.wake();
  }

  get #isEnding(): boolean {
    return this.#stop.signal.aborted;
  }

  /** One consumer, from what was heard on, until it ends. */
  async #hearAll(): Promise<void> {
    const { log, uid, clock } = this.#parts;
    const stream = streamOf(uid);
    try {
      if (!(await this.#isLogWhole())) return;
      this.#consumer = log.consume(stream, {
        subjects: [allSubjects(uid)],
        after: this.state.heard,
        headersOnly: true,
      });
      // After the consumer, which holds what comes: what is purged from now on it has, what was purged before shows here.
      const { firstSequence, lastSequence: readyAt } = await log.state(stream);
      this.#term = this.#parts.term();
      await this.#checkFloors();
      // A log that was created again begins above what was heard, with nothing in between.
      this.state.skipTo(firstSequence - 1n);
      this.#hinder('log', null);
      this.#settle(readyAt);
      const slices = new Slices(clock);
      for await (const entry of this.#consumer) {
        if (this.#isEnding) return;
        const term = this.#parts.term();
        // What the log no longer has is skipped without a word: only the floors tell.
        if (term === null || term !== this.#term) await this.#checkFloors();
        this.#term = term;
        await this.#hear(entry);
        this.#settle(readyAt);
        if (slices.isOver) await slices.pause();
        while (this.#isFull && !this.#isEnding) await this.#moved.next();
      }
    } catch (thrown) {
      const error = ShoalError.from(thrown);
      // NOT_FOUND: the stream is being created again, or the collection dropped.
      if (!isPassing(error)) throw thrown;
      this.#hinder('log', error);
    } finally {
      await this.#consumer?.close();
    }
  }

  /** Whether the log holds what follows this state; builds the state anew where it does not and there is none. */
  async #isLogWhole(): Promise<boolean> {
    const { log, uid } = this.#parts;
    const { lastSequence, firstSequence } = await log.state(streamOf(uid));
    const floors = await this.#parts.floors();
    if (!needsRebuild(this.state, firstSequence, floors)) return this.#isReached(lastSequence);
    if (!this.#isRaised(lastSequence, floors.get(directorySubject(uid)) ?? 0n)) return false;
    this.#isRebuilding = true;
    this.#change();
    const hinder = (error: ShoalError | null): void => this.#hinder('rebuild', error);
    const parts = { ...this.#parts, state: this.state, effects: this.#effects, signal: this.#stop.signal, hinder };
    await new Rebuild(parts).run();
    this.#isRebuilding = false;
    this.#change();
    return !this.#isEnding && this.#isReached((await log.state(streamOf(uid))).lastSequence);
  }

  /** Whether the log, which ends at `lastSequence`, has all that was heard. */
  #isReached(lastSequence: bigint): boolean {
    if (lastSequence >= this.state.heard) return true;
    const why = `the log ends at ${lastSequence}, below position ${this.state.heard} that this directory has heard`;
    this.#hinder('log', new ShoalError('UNAVAILABLE', `${why}; it goes on when the log is created again above that`));
    return false;
  }

  /** Whether the log, which ends at `lastSequence`, has come to `floor`, as it does where it lost its end and is raised. */
  #isRaised(lastSequence: bigint, floor: bigint): boolean {
    if (lastSequence >= floor) {
      this.#hinder('log', null);
      return true;
    }
    const why = `the log ends at ${lastSequence}, below position ${floor} from which this directory is built anew`;
    this.#hinder('log', new ShoalError('UNAVAILABLE', `${why}; it goes on when the log is raised above that`));
    return false;
  }

  async #checkFloors(): Promise<void> {
    const { heard, committed } = this.state;
    const floors = await this.#parts.floors();
    // The directory's own floor is above what a copy has stored only where the log lost its end; what was heard may be what it lost.
    const own = floors.get(directorySubject(this.#parts.uid)) ?? 0n;
    if (own > committed) throw outdated(committed, own);
    for (const [subject, floor] of floors) {
      if (floor <= heard) continue;
      const has = `the directory has heard up to log position ${heard}, the log of '${subject}' begins after ${floor}`;
      throw new ShoalError('DATA_LOSS', has, { details: { damaged: 'directory' } });
    }
  }

  get #isFull(): boolean {
    const { held, waiting } = this.#effects;
    // What is held waits for records that were not heard yet.
    const isBehind = waiting - held > effectsMax || (held === 0 && this.state.unsettled > unsettledMax);
    return isBehind || this.state.changed > this.#parts.commitEntries * changedFactor;
  }

  async #hear(entry: LogEntry): Promise<void> {
    const { state } = this;
    const headers = headersOf(entry);
    const { sequence, timeMs } = entry;
    const code = state.codeOf(entry.subject);
    const parts = headers.operation === 'write' ? await this.#partsOfWrite(entry, headers) : [];
    const writePlaces = parts.map(({ subject, others }) =>
      [subject, ...others.keys()].map((each) => state.codeOf(each)),
    );
    const decision = decide({ sequence, timeMs, code, headers, writePlaces }, state);
    const open = state.hear(
      { sequence, code, epoch: headers.operation === 'superseded' ? 0n : headers.epoch },
      decision,
    );
    if (headers.operation === 'upsert' && headers.isAs && this.#effects.held > 0)
      for (const docId of headers.docIds) this.#effects.heard(code, docId, sequence);
    if (decision.accepted.length > 0) {
      this.#afterwards.set(open, decision.superseded);
      for (const accepted of decision.accepted) this.#append(open, accepted, parts[accepted.position]!, headers);
    } else this.#supersede(open, decision.superseded);
  }

  #append(open: OpenRecord, accepted: AcceptedWrite, parts: DocumentParts, headers: RecordHeaders): void {
    if (headers.operation !== 'write') return;
    for (const effect of writeEffects(open, accepted, parts, headers)) {
      open.open += 1;
      this.#effects.write(this.state.codeOf(effect.subject), effect);
    }
  }

  #supersede(open: OpenRecord, superseded: readonly Superseding[]): void {
    open.open += superseded.length;
    for (const { code, id, docId } of superseded) this.#effects.supersede(code, id, docId, open);
  }

  /** By position, for a record that this partition decides; the body is read for its lists. */
  async #partsOfWrite(entry: LogEntry, headers: DecisionHeaders): Promise<readonly DocumentParts[]> {
    const isKnown = headers.writeId !== '' && this.state.firstVerdict(headers.writeId) !== null;
    if (isKnown || !headers.ids.some((id) => this.state.owns(id))) return [];
    return await readParts(this.#parts, entry.sequence, headers.epoch);
  }

  #noteDone(cause: OpenRecord, code: number, sequence: bigint): void {
    this.state.subjects.note(code, sequence);
    if (sequence > cause.caused) cause.caused = sequence;
    cause.open -= 1;
    if (cause.open > 0) return;
    const afterwards = this.#afterwards.get(cause);
    this.#afterwards.delete(cause);
    if (afterwards !== undefined && afterwards.length > 0) this.#supersede(cause, afterwards);
    else this.#settle(null);
  }

  /** Takes note of what is done by now. `readyAt`: the position at which what waited may be appended, and the partition is ready. */
  #settle(readyAt: bigint | null): void {
    const hasSettled = this.state.settle();
    if (hasSettled) this.#committer.note();
    this.#moved.wake();
    if (readyAt !== null && this.state.heard >= readyAt) this.#effects.release();
    if (readyAt !== null) this.#readyAt = readyAt;
    const isReady = this.#readyAt !== null && this.state.settled >= this.#readyAt;
    this.#isReady ||= isReady;
    this.#parts.onChange();
  }

  #hinder(what: string, error: ShoalError | null): void {
    const before = this.#problems.get(what);
    const fields = { uid: this.#parts.uid, what };
    if (error === null) {
      this.#problems.delete(what);
      this.#hindrances.end(what, { fields, message: 'directory goes on' });
    } else {
      this.#problems.set(what, error.message);
      this.#hindrances.note(what, error, { fields, message: 'directory cannot go on for now' });
    }
    if ((before === undefined) !== (error === null)) this.#change();
  }

  #change(): void {
    this.#moved.wake();
    this.#parts.onChange();
  }
}

function outdated(committed: bigint, floor: bigint): ShoalError {
  const what = `the directory has stored what was said up to log position ${committed}, the log lost its end and begins after ${floor}`;
  const todo = 'it is built anew from what shards hold';
  return new ShoalError('FAILED_PRECONDITION', `${what}; ${todo}`, { details: { outdated: 'directory' } });
}

function isPassing({ code }: ShoalError): boolean {
  return code === 'UNAVAILABLE' || code === 'NOT_FOUND' || code === 'DEADLINE_EXCEEDED';
}

/** The documents of the `write` record at `sequence`, cut by subject. UNAVAILABLE while this node's map is older than the writer's. */
async function readParts(
  { log, uid, routes }: Pick<LifeParts, 'log' | 'uid' | 'routes'>,
  sequence: bigint,
  epoch: bigint,
): Promise<readonly DocumentParts[]> {
  if (routes.epoch < epoch)
    throw new ShoalError(
      'UNAVAILABLE',
      `the map of this node has epoch ${routes.epoch}, a write was made under ${epoch}`,
    );
  const whole = await log.read(streamOf(uid), sequence);
  if (whole === null) {
    const what = `log record ${sequence}, a write that this directory has to carry out`;
    throw new ShoalError('DATA_LOSS', `${what}, was purged before that`);
  }
  return documentsOf(whole).map((document) => partsOf(document, (list) => routes.subjectOf(list)));
}
