/**
 * What a store may hold after a crash: of every id the states that the writes so far allow.
 *
 * A write that is under way may have happened or not; one that was acknowledged has. Writes of one id come one after the other.
 */
import assert from 'node:assert/strict';

/** Version of the document, or null where there is none. */
export type State = number | null;

export class WriteHistory {
  readonly #possible = new Map<string, Set<State>>();
  readonly #docIds = new Map<string, bigint>();
  acknowledged = 0;

  /** Every id that was ever written. */
  get ids(): string[] {
    return [...this.#possible.keys()];
  }

  /** The state that `id` certainly has; fails while a write is under way. */
  certain(id: string): State {
    const possible = this.#possibleOf(id);
    assert.equal(possible.size, 1, `a write of ${id} is under way`);
    return [...possible][0] ?? null;
  }

  /** A write that leads to `state` was sent. */
  begin(id: string, state: State): void {
    this.#possibleOf(id).add(state);
  }

  /** That write was acknowledged; `docId` is that of a new version. */
  acknowledge(id: string, state: State, docId: bigint | null): void {
    assert.ok(this.#possibleOf(id).has(state), `${id} was sent before it was acknowledged`);
    this.#possible.set(id, new Set([state]));
    this.acknowledged += 1;
    if (docId === null) return;
    assert.ok(docId > (this.#docIds.get(id) ?? 0n), `the docId of ${id} grows with every version`);
    this.#docIds.set(id, docId);
  }

  /** The store was asked after all writes had ended: `state` must be possible, and stays so. */
  observe(id: string, state: State): void {
    const possible = [...this.#possibleOf(id)];
    assert.ok(possible.includes(state), `${id} is ${String(state)}, possible is ${possible.map(String).join(' or ')}`);
    this.#possible.set(id, new Set([state]));
  }

  #possibleOf(id: string): Set<State> {
    const known = this.#possible.get(id) ?? new Set<State>([null]);
    this.#possible.set(id, known);
    return known;
  }
}
