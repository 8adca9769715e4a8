/**
 * What a store that was killed may hold: of every id the states that the writes so far allow, and what it held against that.
 *
 * Writes of one id come one after the other. One that was under way at a kill may have happened or not; one that was acknowledged
 * has, one that was refused has not.
 */

/** What a document is, as a word that names its content; null where there is none. */
export type State = string | null;

export interface Verdict {
  /** Documents that are gone, or older than acknowledged. */
  lost: number;
  /** Documents that were deleted, and states that were refused, which are there. */
  resurrected: number;
  /** Ids that stand more than once. */
  duplicates: number;
}

/** A document as the store gave it. */
export interface Found {
  readonly id: string;
  readonly state: string;
  readonly docId: bigint;
}

interface Possible {
  /** Its last write was neither acknowledged nor refused: it may have happened in part, with a passage missing. */
  readonly isPartial: boolean;
  readonly states: Set<State>;
  docId: bigint;
}

export class History {
  readonly verdict: Verdict = { lost: 0, resurrected: 0, duplicates: 0 };
  /** Writes that were acknowledged, each of one document. */
  acknowledged = 0;
  /** One line for each violation. */
  readonly problems: string[] = [];
  readonly #possible = new Map<string, Possible>();

  /** Every id that was ever written. */
  get ids(): string[] {
    return [...this.#possible.keys()];
  }

  /** The state that `id` has; an error while a write of it is under way or its outcome is unknown. */
  stateOf(id: string): State {
    const { states } = this.#of(id);
    if (states.size !== 1) throw new Error(`a write of ${id} is under way`);
    return [...states][0] ?? null;
  }

  /** The version that `id` has, as the last acknowledgement named it; 0 when none did. */
  docIdOf(id: string): bigint {
    return this.#of(id).docId;
  }

  /** The last write of `id` was cut off, and left something: until it is repeated, passages may be missing. */
  isPartial(id: string): boolean {
    return this.#of(id).isPartial;
  }

  /** A write that would lead to `state` was sent. */
  begin(id: string, state: State): void {
    this.#of(id).states.add(state);
  }

  /** The write under way was acknowledged; `docId` is that of a new version, 0 where there is none. */
  acknowledge(id: string, state: State, docId: bigint): void {
    const known = this.#of(id);
    if (!known.states.has(state)) throw new Error(`${id} was acknowledged without being sent`);
    if (docId !== 0n && docId <= known.docId) this.#found('lost', `${id} got docId ${docId} after ${known.docId}`);
    this.acknowledged += 1;
    this.#settle(id, state, docId);
  }

  /** The write under way was refused: `id` is as before, in state `before`. */
  refuse(id: string, before: State): void {
    this.#settle(id, before, this.#of(id).docId, this.isPartial(id));
  }

  /** A verdict on a condition was not what the acknowledged writes say. */
  wrongVerdict(id: string, wasApplied: boolean): void {
    if (wasApplied) this.#found('resurrected', `${id}: a write was applied though its condition did not hold`);
    else this.#found('lost', `${id}: a write was refused though its condition held`);
  }

  /**
   * What the store held when no write was under way: `found` has every document that it gave, in its order, with repeats. Each state
   * must be possible, and is certain from then on. `where` names the question for messages.
   */
  observe(found: readonly Found[], where: string): void {
    const seen = new Map<string, { state: string; docId: bigint }>();
    for (const { id, ...document } of found) {
      if (seen.has(id)) this.repeated(id, where);
      else if (!this.#possible.has(id)) this.#found('resurrected', `${id} stands in ${where} and was never written`);
      seen.set(id, document);
    }
    for (const id of this.ids) {
      const document = seen.get(id);
      this.#judge(id, document?.state ?? null, where);
      const isPartial = this.#of(id).states.size > 1 && this.#of(id).docId !== (document?.docId ?? 0n);
      this.#settle(id, document?.state ?? null, document?.docId ?? 0n, isPartial || this.isPartial(id));
    }
  }

  /** What the store gave for one id, to whoever wrote it last: it must be the state that is certain. */
  expect(id: string, state: State, where: string): void {
    this.#judge(id, state, where);
  }

  /** An answer named `id` twice. */
  repeated(id: string, where: string): void {
    this.#found('duplicates', `${id} stands twice in ${where}`);
  }

  #judge(id: string, state: State, where: string): void {
    const { states } = this.#of(id);
    if (states.has(state)) return;
    const possible = [...states].map(String).join(' or ');
    const kind = states.size === 1 && states.has(null) ? 'resurrected' : 'lost';
    this.#found(kind, `${id} is ${String(state)} in ${where}, possible is ${possible}`);
  }

  #settle(id: string, state: State, docId: bigint, isPartial = false): void {
    this.#possible.set(id, { states: new Set([state]), docId, isPartial });
  }

  #found(kind: keyof Verdict, problem: string): void {
    this.verdict[kind] += 1;
    this.problems.push(`${kind}: ${problem}`);
  }

  #of(id: string): Possible {
    const known = this.#possible.get(id) ?? { states: new Set<State>([null]), docId: 0n, isPartial: false };
    this.#possible.set(id, known);
    return known;
  }
}
