/**
 * Sequences that wait for a session, and which of them go together: by length, so that a batch holds little padding.
 *
 * Queries go before documents. Within a kind the oldest sequence is served first and takes along those nearest to it in length, as far
 * as the policy allows. A batch is kept short in tokens, for a query waits for at most one of them. Pure: no clock, no I/O.
 */
import { assert } from '../../base/assert.js';
import type { Sequence } from './sequence.js';

/** How long sequences may be put together; one for each execution provider. */
export interface BatchPolicy {
  /** Sequences of a batch. */
  readonly sequencesMax: number;
  /** Tokens of a batch, padding included; a longer sequence goes alone. */
  readonly tokensMax: number;
  /** Tokens with padding by tokens without. */
  readonly paddingMax: number;
}

export interface QueuedSequence {
  readonly sequence: Sequence;
  readonly isQuery: boolean;
  /** Aborted = dropped unserved. */
  readonly signal: AbortSignal;
  readonly order: number;
}

export class BatchQueue<Item extends QueuedSequence> {
  readonly #queries = new Lane<Item>();
  readonly #documents = new Lane<Item>();

  /** Sequences that wait, including those whose caller has gone since. */
  get size(): number {
    return this.#queries.size + this.#documents.size;
  }

  push(item: Item): void {
    (item.isQuery ? this.#queries : this.#documents).push(item);
  }

  /** Takes the next batch; empty when nothing waits. Items whose caller gave up are dropped on the way. */
  take(policy: BatchPolicy): Item[] {
    const queries = this.#queries.take(policy);
    return queries.length > 0 ? queries : this.#documents.take(policy);
  }

  /** Forgets the items whose caller gave up. */
  prune(): void {
    this.#queries.prune();
    this.#documents.prune();
  }
}

/** One kind's sequences by their length, each length in order of arrival. */
class Lane<Item extends QueuedSequence> {
  readonly #byLength = new Map<number, Item[]>();
  size = 0;

  push(item: Item): void {
    const length = item.sequence.ids.length;
    const same = this.#byLength.get(length);
    if (same === undefined) this.#byLength.set(length, [item]);
    else same.push(item);
    this.size += 1;
  }

  take(policy: BatchPolicy): Item[] {
    this.prune();
    const seed = this.#oldest();
    if (seed === null) return [];
    const batch: Item[] = [];
    let padded = 0;
    let real = 0;
    for (const length of this.#lengthsNear(seed, policy.paddingMax)) {
      const same = this.#byLength.get(length) ?? [];
      let taken = 0;
      while (taken < same.length && fits(length)) {
        batch.push(same[taken++] as Item);
        padded = Math.max(padded, length);
        real += length;
      }
      this.#drop(length, taken);
    }
    assert(batch.length > 0, 'the oldest sequence fits an empty batch');
    return batch;

    function fits(length: number): boolean {
      if (batch.length === 0) return true;
      const tokens = Math.max(padded, length) * (batch.length + 1);
      const isSmall = batch.length < policy.sequencesMax && tokens <= policy.tokensMax;
      return isSmall && tokens <= policy.paddingMax * (real + length);
    }
  }

  prune(): void {
    for (const [length, items] of this.#byLength) {
      const left = items.filter(({ signal }) => !signal.aborted);
      this.size -= items.length - left.length;
      if (left.length === 0) this.#byLength.delete(length);
      else if (left.length < items.length) this.#byLength.set(length, left);
    }
  }

  #oldest(): number | null {
    let best: Item | null = null;
    for (const [first] of this.#byLength.values()) {
      if (first !== undefined && (best === null || first.order < best.order)) best = first;
    }
    return best === null ? null : best.sequence.ids.length;
  }

  /** Lengths that may share a batch with `seed`, nearest first. */
  #lengthsNear(seed: number, paddingMax: number): number[] {
    const lengths = [...this.#byLength.keys()].filter((n) => n <= seed * paddingMax && seed <= n * paddingMax);
    return lengths.sort((a, b) => Math.abs(a - seed) - Math.abs(b - seed) || a - b);
  }

  #drop(length: number, count: number): void {
    const items = this.#byLength.get(length) ?? [];
    this.size -= count;
    if (count === items.length) this.#byLength.delete(length);
    else this.#byLength.set(length, items.slice(count));
  }
}
