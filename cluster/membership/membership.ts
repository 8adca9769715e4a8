/**
 * A node says that it is there: its description in the registry, and whatever else it says under the same lease, for as long as that
 * lives. A lease that is lost is replaced by a new one, the node is listed again, and who said something under the old one says it anew.
 *
 * A process that was stopped for longer than its lease lives, or whose machine slept, does not trust the lease until the registry has
 * shown that the node was listed all the time.
 */
import { sleep, type Clock, type Timer } from '../../base/clock.js';
import { ShoalError } from '../../base/errors.js';
import type { Logger } from '../../base/logger.js';
import { keys } from '../keys.js';
import type { Lease, Registry, RegistryEntry } from '../registry.js';
import { Node } from '../../proto/generated/shoal/v1/cluster.js';

/** How long a dead node, and all it said under its lease, stays listed. */
export const memberLeaseMs = 10_000;

const beatMs = memberLeaseMs / 3;
const retryMsMin = 200;
const retryMsMax = 5_000;

export interface MembershipOptions {
  readonly registry: Registry;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** What parts of a node see of its membership. */
export interface Standing {
  /** Under which the node speaks at present; it may be lost, and another one follows. */
  readonly lease: Lease;
  /**
   * Number of the lease. null while the node has none that it can trust: then nobody sees what it says. What it remembers of the
   * registry holds within one term only.
   */
  term(): number | null;
}

export class Membership implements Standing {
  readonly #options: MembershipOptions;
  readonly #stop = new AbortController();
  readonly #listeners = new Set<() => void>();
  #lease: Lease;
  #term = 1;
  #node: { readonly key: string; readonly value: Uint8Array } | null = null;
  /** Of the write that listed the node. */
  #revision = 0n;
  #isDoubted = false;
  #beaten: Instant;
  #timer: Timer;
  #renewing: Promise<void> | null = null;

  /** Takes a lease; the node is not listed yet. The creator calls `leave`. */
  static async take(options: MembershipOptions): Promise<Membership> {
    const beaten = instant(options.clock);
    return new Membership(options, await options.registry.lease(memberLeaseMs), beaten);
  }

  private constructor(options: MembershipOptions, lease: Lease, beaten: Instant) {
    this.#options = options;
    this.#lease = lease;
    this.#beaten = beaten;
    this.#timer = this.#beatLater();
    this.#watch(lease);
  }

  get lease(): Lease {
    return this.#lease;
  }

  term(): number | null {
    if (this.#hasSlept()) this.#doubt();
    return this.#isDoubted || this.#lease.lost.aborted ? null : this.#term;
  }

  /** Lists `node`, now and under every later lease. Replaces an entry of the same id, as a restarted node does. */
  async announce(node: Node): Promise<void> {
    const listed = { key: keys.node(node.id), value: Node.encode(node).finish() };
    this.#revision = (await this.#put(listed, this.#lease, null)) ?? 0n;
    this.#node = listed;
  }

  /** Calls `listener` whenever the node is listed again under a new lease, until the returned function is called. */
  onRenewal(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Ends the lease and with it all that was said under it. Idempotent. */
  async leave(): Promise<void> {
    this.#stop.abort();
    this.#timer.cancel();
    await this.#renewing;
    await this.#lease.revoke();
  }

  #beatLater(): Timer {
    return this.#options.clock.after(beatMs, () => {
      if (this.#hasSlept()) this.#doubt();
      else this.#beaten = instant(this.#options.clock);
      this.#timer = this.#beatLater();
    });
  }

  /** Whether so much time has passed unnoticed that the lease may have ended and nobody told. */
  #hasSlept(): boolean {
    const now = instant(this.#options.clock);
    // Time since the start of some machines stands still while they sleep, wall time does not.
    return now.ms - this.#beaten.ms > memberLeaseMs || now.wallMs - this.#beaten.wallMs > memberLeaseMs;
  }

  #watch(lease: Lease): void {
    const lose = (): void => {
      if (lease === this.#lease) this.#doubt();
    };
    if (lease.lost.aborted) lose();
    else lease.lost.addEventListener('abort', lose, { once: true });
  }

  #doubt(): void {
    if (this.#stop.signal.aborted || this.#isDoubted) return;
    this.#isDoubted = true;
    this.#renewing = this.#renew();
  }

  /** Until the lease is known to have held or there is a new one. Never rejects. */
  async #renew(): Promise<void> {
    const { clock, logger } = this.#options;
    const { signal } = this.#stop;
    const term = this.#term;
    for (let retryMs = retryMsMin; !signal.aborted; retryMs = Math.min(2 * retryMs, retryMsMax)) {
      const asked = instant(clock);
      try {
        if (!(await this.#wasListed())) await this.#takeAgain();
        this.#beaten = asked;
        if (this.#lease.lost.aborted || this.#hasSlept()) continue;
        this.#isDoubted = false;
        if (this.#term !== term) this.#tell();
        return;
      } catch (error) {
        if (retryMs === retryMsMin) logger.warn({ err: error }, 'the node is not listed and cannot be for now');
        await sleep(clock, retryMs, signal);
      }
    }
  }

  #tell(): void {
    this.#options.logger.warn({ term: this.#term }, 'the node lost its lease and has a new one');
    for (const listener of [...this.#listeners]) listener();
  }

  /** Whether the node's entry is still that of its lease: it never went, so the lease never ended. */
  async #wasListed(): Promise<boolean> {
    if (this.#node === null || this.#lease.lost.aborted) return false;
    return (await this.#options.registry.get(this.#node.key))?.revision === this.#revision;
  }

  async #takeAgain(): Promise<void> {
    const { registry } = this.#options;
    const node = this.#node;
    const before = node === null ? null : await registry.get(node.key);
    if (node !== null && before !== null && !isSame(before, node.value)) throw isTaken(node.key);
    const lease = await registry.lease(memberLeaseMs);
    try {
      if (node !== null) this.#revision = (await this.#put(node, lease, before?.revision ?? 0n)) ?? changed(node.key);
    } catch (error) {
      await lease.revoke();
      throw error;
    }
    this.#lease = lease;
    this.#term += 1;
    this.#watch(lease);
  }

  /** Gives the revision; null where the entry is not that of `revision` any more. */
  #put(
    { key, value }: { readonly key: string; readonly value: Uint8Array },
    lease: Lease,
    revision: bigint | null,
  ): Promise<bigint | null> {
    const conditions = revision === null ? [] : [{ key, revision }];
    return this.#options.registry.transact(conditions, [{ operation: 'put', key, value, lease }]);
  }
}

interface Instant {
  readonly ms: number;
  readonly wallMs: number;
}

function instant(clock: Clock): Instant {
  return { ms: clock.monotonicMs(), wallMs: clock.wallMs() };
}

function isSame({ value }: RegistryEntry, expected: Uint8Array): boolean {
  return Buffer.compare(value, expected) === 0;
}

function isTaken(key: string): ShoalError {
  return new ShoalError(
    'ALREADY_EXISTS',
    `another process is listed as ${key} since this one lost its lease; stop one of them, or give it another name`,
  );
}

function changed(key: string): never {
  throw new ShoalError('UNAVAILABLE', `${key} was written by somebody else at this moment; it is tried again`);
}
