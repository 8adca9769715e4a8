/**
 * What records cause in the log: `superseded`, and the documents of accepted conditional writes, in as few records as may be.
 *
 * One record at a time on each subject; what comes meanwhile shares the next one. An append is repeated until the log has it: repeats
 * change nothing, and nothing is settled without it.
 */
import { sleep, type Clock } from '../../base/clock.js';
import { Deadline } from '../../base/deadline.js';
import { ShoalError } from '../../base/errors.js';
import { limits } from '../../base/limits.js';
import type { LogRecord } from '../../cluster/change-log.js';
import { headerBytesOf, type DecisionHeaders } from '../../cluster/log/record-headers.js';
import { supersededRecord, upsertRecord } from '../../cluster/log/records.js';
import type { DocumentParts } from '../../cluster/log/passages.js';
import { LogDocument } from '../../proto/generated/shoal/v1/log.js';
import type { AcceptedWrite } from './decide.js';
import type { OpenRecord } from './partition-state.js';

const attemptMs = 10_000;
const retryMsMin = 50;
const retryMsMax = 5_000;
/** Bytes of a record's headers beside those of its documents. */
const headerBytesElse = 512;

interface Held {
  readonly code: number;
  readonly effect: WriteEffect;
}

interface Caused {
  /** The record that causes it. */
  readonly cause: OpenRecord;
  readonly id: string;
  readonly docId: bigint;
}

interface SupersededEffect extends Caused {
  readonly kind: 'superseded';
}

/** The part of an accepted write that belongs on one subject. */
export interface WriteEffect extends Caused {
  readonly kind: 'write';
  readonly document: LogDocument;
  /** Of the document in a record's body. */
  readonly bytes: number;
  readonly contentHash: bigint;
  readonly structure: number;
  readonly epoch: bigint;
  /** Where it belongs, and all subjects of the document. */
  readonly subject: string;
  readonly subjects: readonly string[];
}

type Effect = SupersededEffect | WriteEffect;

export interface EffectsParts {
  append(subject: string, record: LogRecord, deadline: Deadline): Promise<bigint>;
  subjectOf(code: number): string;
  /** Whether a write is still to be appended: false where the id has moved on, or the record was heard there. */
  isWanted(effect: WriteEffect, code: number): boolean;
  /** The effect of `cause` is in the log at `sequence`. */
  onDone(cause: OpenRecord, code: number, sequence: bigint): void;
  /** Appending fails, with the reason, or goes well again (null). */
  onHindrance(error: ShoalError | null): void;
  /** The log will never take the record. */
  onFailure(error: ShoalError): void;
  readonly clock: Clock;
}

export class Effects {
  readonly #parts: EffectsParts;
  /** By the code of the subject. */
  readonly #lanes = new Map<number, { queue: Effect[]; isRunning: boolean }>();
  /** Writes that wait until `release`, by docId and code. */
  #held: Map<string, Held> | null = new Map();
  readonly #closing = new AbortController();
  #waiting = 0;

  /** Writes are held back until `release`. */
  constructor(parts: EffectsParts) {
    this.#parts = parts;
  }

  /** Effects that the log has not acknowledged. */
  get waiting(): number {
    return this.#waiting;
  }

  supersede(code: number, id: string, docId: bigint, cause: OpenRecord): void {
    this.#waiting += 1;
    this.#enqueue(code, { kind: 'superseded', id, docId, cause });
  }

  write(code: number, effect: WriteEffect): void {
    this.#waiting += 1;
    if (this.#held === null) this.#enqueue(code, effect);
    else this.#held.set(heldKey(effect.docId, code), { code, effect });
  }

  /** Writes that wait until `release`. */
  get held(): number {
    return this.#held?.size ?? 0;
  }

  /** A document was heard on the subject `code` under `docId`: what waits to be appended there is in the log at `sequence`. */
  heard(code: number, docId: bigint, sequence: bigint): void {
    const key = heldKey(docId, code);
    const waiting = this.#held?.get(key);
    if (waiting === undefined) return;
    this.#held?.delete(key);
    this.#waiting -= 1;
    this.#parts.onDone(waiting.effect.cause, code, sequence);
  }

  /** The partition has heard what the log held when it began: what is still missing there may be appended. */
  release(): void {
    const held = this.#held ?? new Map<string, Held>();
    this.#held = null;
    for (const { code, effect } of held.values()) this.#enqueue(code, effect);
  }

  /** Appends nothing more; what is under way may still reach the log. */
  close(): void {
    this.#closing.abort(new ShoalError('CANCELLED', 'the directory was closed'));
  }

  #enqueue(code: number, effect: Effect): void {
    const lane = this.#lanes.get(code) ?? { queue: [], isRunning: false };
    this.#lanes.set(code, lane);
    lane.queue.push(effect);
    if (lane.isRunning) return;
    lane.isRunning = true;
    // Never rejects: #run tells what goes wrong.
    void this.#run(code, lane);
  }

  async #run(code: number, lane: { queue: Effect[]; isRunning: boolean }): Promise<void> {
    try {
      // What is caused by the same record comes in the same turn, and shares a record.
      await Promise.resolve();
      while (lane.queue.length > 0 && !this.#closing.signal.aborted) {
        const group = groupOf(lane.queue);
        lane.queue = lane.queue.slice(group.length);
        await this.#appendGroup(code, group);
      }
    } catch (thrown) {
      if (!this.#closing.signal.aborted) this.#parts.onFailure(ShoalError.from(thrown));
    } finally {
      lane.isRunning = false;
    }
  }

  /** A write that is not wanted any more ends what it was to replace all the same: that was over when the write was accepted. */
  async #appendGroup(code: number, group: readonly Effect[]): Promise<void> {
    const { isWanted, onDone } = this.#parts;
    const isStanding = (effect: Effect): boolean => effect.kind === 'superseded' || isWanted(effect, code);
    const standing = group.filter(isStanding);
    const overtaken = group
      .filter((effect) => !standing.includes(effect))
      .map(({ id, docId, cause }): Effect => ({ kind: 'superseded', id, docId, cause }));
    for (const effects of [standing, overtaken].filter(({ length }) => length > 0)) {
      const sequence = await this.#append(this.#parts.subjectOf(code), recordOf(effects));
      for (const { cause } of effects) {
        this.#waiting -= 1;
        onDone(cause, code, sequence);
      }
    }
  }

  async #append(subject: string, record: LogRecord): Promise<bigint> {
    const { append, clock, onHindrance } = this.#parts;
    for (let waitMs = retryMsMin; ; waitMs = Math.min(waitMs * 2, retryMsMax)) {
      const attempt = Deadline.after(clock, attemptMs, this.#closing.signal);
      try {
        const sequence = await append(subject, record, attempt);
        onHindrance(null);
        return sequence;
      } catch (thrown) {
        const error = ShoalError.from(thrown);
        if (this.#closing.signal.aborted || !mayPass(error)) throw error;
        onHindrance(error);
      } finally {
        attempt.close();
      }
      await sleep(clock, waitMs, this.#closing.signal);
      this.#closing.signal.throwIfAborted();
    }
  }
}

/** What each subject gets of a write that was accepted, by the record `headers` with the document cut into `parts`. */
export function writeEffects(
  cause: OpenRecord,
  { id, docId, contentHash }: AcceptedWrite,
  parts: DocumentParts,
  { structure, epoch }: DecisionHeaders,
): readonly WriteEffect[] {
  const subjects = [parts.subject, ...parts.others.keys()];
  return [parts.primary, ...parts.others.values()].map((document, i) => {
    // With tag and length.
    const bytes = LogDocument.encode(document).finish().length + 8;
    const subject = subjects[i]!;
    return { kind: 'write', cause, id, docId, document, bytes, contentHash, structure, epoch, subject, subjects };
  });
}

function heldKey(docId: bigint, code: number): string {
  return `${docId}/${code}`;
}

/** NOT_FOUND: a stream that is being created again. */
function mayPass({ code }: ShoalError): boolean {
  return ['UNAVAILABLE', 'DEADLINE_EXCEEDED', 'RESOURCE_EXHAUSTED', 'NOT_FOUND', 'CANCELLED'].includes(code);
}

/** The first effects of `queue` that one record can hold; at least one. */
function groupOf(queue: readonly Effect[]): readonly Effect[] {
  const [first] = queue;
  let headerBytes = headerBytesElse;
  let bodyBytes = 0;
  for (const [count, effect] of queue.entries()) {
    headerBytes += headerBytesOf(effect.id) + placesBytes(effect);
    bodyBytes += effect.kind === 'write' ? effect.bytes : 0;
    const isTooLarge = headerBytes > limits.recordHeaderBytesMax || bodyBytes > limits.recordBodyBytesGrouped;
    if (count > 0 && (isTooLarge || count >= limits.documentsPerRecordMax || !areAlike(first!, effect)))
      return queue.slice(0, count);
  }
  return queue;
}

/** Whether two effects may share a record. */
function areAlike(a: Effect, b: Effect): boolean {
  if (a.kind === 'superseded' || b.kind === 'superseded') return a.kind === b.kind;
  // A record says what its later position has: two versions of an id need two.
  return a.structure === b.structure && a.epoch === b.epoch && a.cause === b.cause;
}

function placesBytes(effect: Effect): number {
  if (effect.kind === 'superseded' || effect.subjects.length < 2) return 0;
  return effect.subjects.reduce((sum, subject) => sum + subject.length + 1, 16);
}

function recordOf(effects: readonly Effect[]): LogRecord {
  const writes = effects.filter((effect) => effect.kind === 'write');
  const [first] = writes;
  if (first === undefined) return supersededRecord(effects.map(({ id, docId }) => ({ id, docId })));
  const places = writes.flatMap(({ subjects }, position): [number, readonly string[]][] =>
    subjects.length < 2 ? [] : [[position, subjects]],
  );
  const context = {
    contentHashes: BigUint64Array.from(writes, ({ contentHash }) => contentHash),
    structure: first.structure,
    epoch: first.epoch,
    as: BigUint64Array.from(writes, ({ docId }) => docId),
    places: new Map(places),
  };
  return upsertRecord(
    writes.map(({ document }) => document),
    context,
  );
}
