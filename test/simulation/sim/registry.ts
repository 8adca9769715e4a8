/**
 * The registry of a simulated cluster: a machine of its own, durable at every answer, with leases that end in virtual time, and a
 * client of it for each process.
 */
import { ShoalError } from '../../../base/errors.js';
import type {
  Lease,
  Registry,
  RegistryCondition,
  RegistryEntry,
  RegistryEvent,
  RegistryWatch,
  RegistryWrite,
} from '../../../cluster/registry.js';
import type { SimNetwork } from './network.js';
import type { SimProcess } from './process.js';
import { Remote, type SimHost } from './remote.js';

interface Held extends RegistryEntry {
  readonly leaseId: string | null;
}

interface HeldLease {
  readonly holder: SimProcess;
  readonly ttlMs: number;
  readonly lost: AbortController;
  renewedMs: number;
}

/** The registry's machine. */
export class SimRegistryHost implements SimHost {
  readonly name = 'registry';
  isDown = false;
  lostAnswers = 0;
  /** Called when a living holder has lost its lease, since it could not be reached. */
  onLapse: (holder: SimProcess) => void = () => undefined;
  readonly #network: SimNetwork;
  #revision = 0n;
  #leasesGiven = 0;
  readonly #entries = new Map<string, Held>();
  readonly #leases = new Map<string, HeldLease>();
  readonly #watches = new Set<(events: readonly RegistryEvent[]) => void>();

  constructor(network: SimNetwork) {
    this.#network = network;
  }

  get(key: string): RegistryEntry | null {
    const held = this.#entries.get(key);
    return held === undefined ? null : shown(held);
  }

  list(prefix: string): RegistryEntry[] {
    const found = [...this.#entries.values()].filter(({ key }) => key.startsWith(prefix));
    return found.sort((a, b) => Buffer.compare(Buffer.from(a.key), Buffer.from(b.key))).map(shown);
  }

  transact(conditions: readonly RegistryCondition[], writes: readonly RegistryWrite[]): bigint | null {
    this.#check(writes);
    const holds = conditions.every(({ key, revision }) => (this.#entries.get(key)?.revision ?? 0n) === revision);
    if (!holds) return null;
    this.#apply(writes.filter((write) => write.operation === 'put' || this.#entries.has(write.key)));
    return this.#revision;
  }

  grant(holder: SimProcess, ttlMs: number): { readonly id: string; readonly lost: AbortController } {
    this.#leasesGiven += 1;
    const id = String(this.#leasesGiven);
    const lost = new AbortController();
    this.#leases.set(id, { holder, ttlMs, lost, renewedMs: this.#network.scheduler.nowMs });
    this.#watchOver(id);
    return { id, lost };
  }

  revoke(id: string): void {
    if (!this.#leases.delete(id)) return;
    const bound = [...this.#entries.values()].filter(({ leaseId }) => leaseId === id);
    this.#apply(bound.map(({ key }) => ({ operation: 'delete', key })));
  }

  /** Calls `deliver` with what is there, then with every change, until the returned function is called. */
  watch(prefix: string, deliver: (events: readonly RegistryEvent[]) => void): () => void {
    const listen = (events: readonly RegistryEvent[]): void => {
      const ours = events.filter((event) => keyOf(event).startsWith(prefix));
      if (ours.length > 0) deliver(ours);
    };
    this.#watches.add(listen);
    deliver(this.list(prefix).map((entry): RegistryEvent => ({ kind: 'put', entry })));
    return () => this.#watches.delete(listen);
  }

  #watchOver(id: string): void {
    const lease = this.#leases.get(id);
    if (lease === undefined) return;
    const { holder, ttlMs } = lease;
    const { scheduler } = this.#network;
    const isCut = this.#network.isCut(holder.name, this.name) || this.#network.isCut(this.name, holder.name);
    const isRenewed = holder.isAlive && !isCut && !this.isDown;
    if (isRenewed) lease.renewedMs = scheduler.nowMs;
    // Nobody loses a lease because the registry itself was away.
    if (this.isDown) lease.renewedMs = Math.max(lease.renewedMs, scheduler.nowMs - ttlMs / 2);
    if (scheduler.nowMs - lease.renewedMs < ttlMs) {
      scheduler.after(ttlMs / 3, () => this.#watchOver(id));
      return;
    }
    this.revoke(id);
    if (!holder.isAlive) return;
    lease.lost.abort(new ShoalError('UNAVAILABLE', 'the lease was lost'));
    this.onLapse(holder);
  }

  #apply(writes: readonly RegistryWrite[]): void {
    if (writes.length === 0) return;
    this.#revision += 1n;
    const revision = this.#revision;
    const events = writes.map((write): RegistryEvent => {
      if (write.operation === 'delete') {
        this.#entries.delete(write.key);
        return { kind: 'delete', key: write.key, revision };
      }
      const leaseId = write.lease?.id ?? null;
      const held = { key: write.key, value: new Uint8Array(write.value), revision, leaseId };
      this.#entries.set(write.key, held);
      return { kind: 'put', entry: shown(held) };
    });
    for (const deliver of [...this.#watches]) deliver(events);
  }

  #check(writes: readonly RegistryWrite[]): void {
    const keys = new Set<string>();
    for (const write of writes) {
      if (write.key.length === 0 || keys.has(write.key)) {
        const message = `registry key ${JSON.stringify(write.key)} is empty or written twice at once`;
        throw new ShoalError('INVALID_ARGUMENT', message);
      }
      keys.add(write.key);
      const lease = write.operation === 'put' ? write.lease : undefined;
      if (lease !== undefined && !this.#leases.has(lease.id))
        throw new ShoalError('FAILED_PRECONDITION', `the lease for key ${write.key} is over; take a new one`);
    }
  }
}

/** The registry as `process` reaches it. */
export class SimRegistry implements Registry {
  readonly #network: SimNetwork;
  readonly #process: SimProcess;
  readonly #host: SimRegistryHost;
  readonly #remote: Remote;
  readonly #watches = new Set<RegistryWatch>();
  readonly #leases: AbortController[] = [];

  constructor(network: SimNetwork, process: SimProcess, host: SimRegistryHost) {
    this.#network = network;
    this.#process = process;
    this.#host = host;
    this.#remote = new Remote(network, process, host);
  }

  get(key: string): Promise<RegistryEntry | null> {
    return this.#remote.call(() => this.#host.get(key));
  }

  list(prefix: string): Promise<readonly RegistryEntry[]> {
    return this.#remote.call(() => this.#host.list(prefix));
  }

  transact(conditions: readonly RegistryCondition[], writes: readonly RegistryWrite[]): Promise<bigint | null> {
    // What the caller changes after the call is no part of it.
    const taken = writes.map((write) =>
      write.operation === 'put' ? { ...write, value: new Uint8Array(write.value) } : write,
    );
    return this.#remote.call(() => this.#host.transact(conditions, taken));
  }

  watch(prefix: string): RegistryWatch {
    const toClient = this.#network.pipe(this.#host.name, this.#process.name);
    let stop = (): void => undefined;
    let isClosed = false;
    const watch = new SimWatch(() => {
      isClosed = true;
      stop();
      this.#watches.delete(watch);
    });
    this.#remote.post(() => {
      if (isClosed || !this.#process.isAlive) return;
      stop = this.#host.watch(prefix, (events) =>
        toClient.send(() => {
          if (this.#process.isAlive) watch.deliver(events);
        }),
      );
      this.#process.onDeath(stop);
    });
    this.#watches.add(watch);
    return watch;
  }

  async lease(ttlMs: number): Promise<Lease> {
    const { id, lost } = await this.#remote.call(() => this.#host.grant(this.#process, ttlMs));
    this.#leases.push(lost);
    return { id, lost: lost.signal, revoke: () => this.#remote.call(() => this.#host.revoke(id)) };
  }

  async close(): Promise<void> {
    for (const lost of this.#leases) lost.abort(new ShoalError('UNAVAILABLE', 'the registry was closed'));
    for (const watch of [...this.#watches]) await watch.close();
  }
}

/** What was heard, in its order; the first batch is what was there, and may be empty. */
class SimWatch implements RegistryWatch {
  readonly #onClose: () => void;
  readonly #batches: (readonly RegistryEvent[])[] = [];
  #wake: () => void = () => undefined;
  #isClosed = false;

  constructor(onClose: () => void) {
    this.#onClose = onClose;
  }

  deliver(events: readonly RegistryEvent[]): void {
    this.#batches.push(events);
    this.#wake();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<readonly RegistryEvent[]> {
    while (!this.#isClosed) {
      const batch = this.#batches.shift();
      if (batch !== undefined) yield batch;
      else await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#onClose();
    this.#wake();
  }
}

function keyOf(event: RegistryEvent): string {
  return event.kind === 'put' ? event.entry.key : event.key;
}

/** A copy that the caller may keep. */
function shown({ key, value, revision }: Held): RegistryEntry {
  return { key, value: new Uint8Array(value), revision };
}
