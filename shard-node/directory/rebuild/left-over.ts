/** What is left of the log when a directory is built anew: evidence of what earlier copies decided, and deletes to carry out again. */
import type { ChangeLog, LogEntry } from '../../../cluster/change-log.js';
import { allSubjects, directorySubject, streamOf } from '../../../cluster/keys.js';
import { partsOf } from '../../../cluster/log/passages.js';
import { condition, headersOf, type DecisionHeaders, type UpsertHeaders } from '../../../cluster/log/record-headers.js';
import { documentsOf } from '../../../cluster/log/records.js';
import { Verdict } from '../../../proto/generated/shoal/v1/directory.js';
import { noPlaces, verdictKeptMs, type DirectoryEntry } from '../store/directory-entry.js';
import { writeEffects, type Effects } from '../effects.js';
import type { ListRoutes } from '../list-routes.js';
import type { OpenRecord, PartitionState } from '../partition-state.js';

export interface LeftOverParts {
  readonly uid: string;
  readonly state: PartitionState;
  readonly log: ChangeLog;
  readonly routes: ListRoutes;
  readonly effects: Effects;
  /** The state is built up to this position. */
  readonly last: bigint;
  /** Stands for all that the rebuild causes. */
  readonly cause: OpenRecord;
  /** The truncation floors of the collection's subjects, read anew. */
  floors(): Promise<ReadonlyMap<string, bigint>>;
  supersede(code: number, id: string, docId: bigint): void;
}

interface HeardDecision {
  readonly sequence: bigint;
  readonly timeMs: number;
  readonly headers: DecisionHeaders;
}

export class LeftOver {
  readonly #parts: LeftOverParts;
  readonly #decisions: HeardDecision[] = [];
  /** docIds under which documents, or ends of documents, were appended: those decisions were carried out. */
  readonly #written = new Set<bigint>();
  readonly #ended = new Set<bigint>();
  /** Those of `#written` that no shard could show yet. */
  readonly #writtenLate = new Set<bigint>();
  #epoch = 0n;
  /** Record time of the newest decision. */
  #newestMs = 0;
  /** What shards were told may be purged up to here. */
  #purged = 0n;

  constructor(parts: LeftOverParts) {
    this.#parts = parts;
  }

  /** Largest map epoch heard. */
  get epoch(): bigint {
    return this.#epoch;
  }

  /** Hears what the log holds: decisions up to `last`, and what followed from them. */
  async hear(): Promise<void> {
    const { log, uid } = this.#parts;
    const end = await this.#lastHeld();
    if (end === null) return;
    const consumer = log.consume(streamOf(uid), { subjects: [allSubjects(uid)], after: 0n, headersOnly: true });
    try {
      for await (const entry of consumer) {
        if (entry.sequence <= end) this.#hearOne(entry);
        if (entry.sequence >= end) return;
      }
    } finally {
      await consumer.close();
    }
  }

  /** Decides, in log order, what the state needs of it. */
  async decide(): Promise<void> {
    const { state, uid } = this.#parts;
    // Read after the log was heard: what was not heard is below these.
    for (const [subject, floor] of await this.#parts.floors())
      if (subject !== directorySubject(uid) && floor > this.#purged) this.#purged = floor;
    for (const decision of this.#decisions) {
      const { headers, sequence, timeMs } = decision;
      const { writeId } = headers;
      const first = writeId === '' ? null : state.firstVerdict(writeId);
      if (first !== null) {
        state.restoreVerdict({ ...first, sequence, timeMs });
        continue;
      }
      const docIds = new BigUint64Array(headers.ids.length);
      const verdicts: Verdict[] = [];
      for (const [position, id] of headers.ids.entries()) {
        const outcome = await this.#outcome(decision, position, id);
        verdicts.push(outcome.verdict);
        docIds[position] = outcome.docId;
      }
      if (verdicts.some((verdict) => verdict !== Verdict.VERDICT_ELSEWHERE))
        state.restoreVerdict({ sequence, timeMs, writeId, firstSequence: sequence, firstMs: timeMs, verdicts, docIds });
    }
  }

  /** The largest position that was not purged, for a consumer waits for what comes next; null = none. */
  async #lastHeld(): Promise<bigint | null> {
    const { log, uid } = this.#parts;
    const { firstSequence, lastSequence } = await log.state(streamOf(uid));
    for (let sequence = lastSequence; sequence >= firstSequence; sequence -= 1n) {
      if ((await log.read(streamOf(uid), sequence)) !== null) return sequence;
    }
    return null;
  }

  #hearOne(entry: LogEntry): void {
    const { state, last } = this.#parts;
    const headers = headersOf(entry);
    const code = state.codeOf(entry.subject);
    state.subjects.note(code, entry.sequence);
    if (entry.sequence <= last) state.subjects.settle(code, entry.sequence);
    if (headers.operation === 'superseded') {
      for (const docId of headers.docIds) this.#ended.add(docId);
      return;
    }
    if (headers.epoch > this.#epoch) this.#epoch = headers.epoch;
    if (headers.operation === 'upsert') this.#hearUpsert(headers, entry.sequence);
    else if (entry.sequence <= last) this.#hearDecision({ sequence: entry.sequence, timeMs: entry.timeMs, headers });
  }

  #hearDecision(decision: HeardDecision): void {
    this.#decisions.push(decision);
    this.#newestMs = Math.max(this.#newestMs, decision.timeMs);
  }

  #hearUpsert({ isAs, docIds, ids, places }: UpsertHeaders, sequence: bigint): void {
    const { state, last } = this.#parts;
    if (isAs) for (const docId of docIds) this.#written.add(docId);
    if (isAs && sequence > last) for (const docId of docIds) this.#writtenLate.add(docId);
    for (const [position, subjects] of places) {
      const id = ids[position]!;
      const known = state.owns(id) ? state.entry(id) : null;
      if (known === null || known.docId !== docIds[position]) continue;
      const announced = subjects.map((subject) => state.codeOf(subject)).filter((code) => !known.places.includes(code));
      if (announced.length === 0) continue;
      const unheard = [...known.unheard, ...announced];
      state.restore(id, { ...known, places: [...known.places, ...announced], unheard });
    }
  }

  async #outcome(
    decision: HeardDecision,
    position: number,
    id: string,
  ): Promise<{ readonly verdict: Verdict; readonly docId: bigint }> {
    const { state } = this.#parts;
    if (!state.owns(id)) return { verdict: Verdict.VERDICT_ELSEWHERE, docId: 0n };
    const known = state.entry(id);
    const { headers } = decision;
    if (headers.operation === 'delete') return this.#deleted(decision, position, known);
    const docId = headers.docIds[position]!;
    const isLate = this.#writtenLate.has(docId) && (known === null || known.docId < docId);
    if (isLate) await this.#adopt(decision, position, known);
    else if (known?.docId === docId) await this.#complete(decision, position, known);
    if (known?.docId === docId || this.#written.has(docId)) return { verdict: Verdict.VERDICT_APPLIED, docId };
    return this.#undone(Verdict.VERDICT_REFUSED, decision, docId, known);
  }

  /** `verdict`, on what left no trace, unless a newer version or a delete may have removed the trace after it was carried out. */
  #undone(
    verdict: Verdict,
    { sequence }: HeardDecision,
    docId: bigint,
    known: DirectoryEntry | null,
  ): { readonly verdict: Verdict; readonly docId: bigint } {
    const isForgotten = this.#purged > sequence && (known === null || known.docId > docId);
    return { verdict: isForgotten ? Verdict.VERDICT_UNKNOWN : verdict, docId: known?.docId ?? 0n };
  }

  #deleted(
    decision: HeardDecision,
    position: number,
    known: DirectoryEntry | null,
  ): { readonly verdict: Verdict; readonly docId: bigint } {
    const { ids, docIds, conditions } = decision.headers;
    const [docId, wanted] = [docIds[position]!, conditions[position]!];
    const isMeant = known !== null && known.docId < docId && (wanted === condition.none || wanted === known.docId);
    const holds = isMeant && (this.#ended.has(docId) || !this.#mayRepeat(decision));
    if (holds) {
      for (const code of known.places) this.#parts.supersede(code, ids[position]!, docId);
      this.#parts.state.restore(ids[position]!, null);
    }
    if (holds || this.#ended.has(docId)) return { verdict: Verdict.VERDICT_APPLIED, docId: 0n };
    const verdict = wanted === condition.none ? Verdict.VERDICT_ABSENT : Verdict.VERDICT_REFUSED;
    return this.#undone(verdict, decision, docId, known);
  }

  /** Whether its first record may be purged: such a delete was carried out long ago, and what is there now is not what it meant. */
  #mayRepeat({ timeMs, headers }: HeardDecision): boolean {
    return headers.writeId !== '' && timeMs < this.#newestMs - verdictKeptMs;
  }

  /** Takes over a write that another copy accepted, instead of `known`. */
  async #adopt(decision: HeardDecision, position: number, known: DirectoryEntry | null): Promise<void> {
    const { ids, docIds, contentHashes } = decision.headers;
    const [id, docId] = [ids[position]!, docIds[position]!];
    for (const code of known?.places ?? noPlaces) this.#parts.supersede(code, id, docId);
    const contentHash = contentHashes[position]!;
    await this.#complete(decision, position, { docId, contentHash, places: noPlaces, unheard: noPlaces });
  }

  /** Appends the passages of an accepted write that no shard has. */
  async #complete({ sequence, headers }: HeardDecision, position: number, known: DirectoryEntry): Promise<void> {
    const { state, log, uid, routes, effects, cause } = this.#parts;
    const whole = await log.read(streamOf(uid), sequence);
    if (whole === null) return;
    const parts = partsOf(documentsOf(whole)[position]!, (list) => routes.subjectOf(list));
    const { id, docId } = { id: headers.ids[position]!, docId: known.docId };
    const accepted = { position, id, docId, contentHash: headers.contentHashes[position]!, places: noPlaces };
    const missing = writeEffects(cause, accepted, parts, headers).filter(
      ({ subject }) => !known.places.includes(state.codeOf(subject)) || known.unheard.includes(state.codeOf(subject)),
    );
    if (missing.length === 0) return;
    const codes = missing.map(({ subject }) => state.codeOf(subject));
    const places = [...new Set([...known.places, ...codes])];
    state.restore(id, { ...known, places, unheard: [...new Set([...known.unheard, ...codes])] });
    for (const effect of missing) {
      cause.open += 1;
      effects.write(state.codeOf(effect.subject), effect);
    }
  }
}
