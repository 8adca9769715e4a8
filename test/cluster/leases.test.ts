/** A node that lost its lease, though it lives, is listed again and goes on: what it holds is ready, and it hears what came meanwhile. */
import assert from 'node:assert/strict';
import { systemClock } from '../../base/clock.js';
import { keys } from '../../cluster/keys.js';
import type { Lease, Registry } from '../../cluster/registry.js';
import { createBare, numberedDocuments, SmallCluster } from './small-cluster.js';
import { overriding } from './stand-ins.js';

interface Given {
  readonly lease: Lease;
  readonly lost: AbortController;
}

/** Registries of nodes whose leases a test ends. */
class Expiry {
  /** What nodes hold by now. */
  readonly #held = new Map<string, readonly Given[]>();

  of(id: string, registry: Registry): Registry {
    return overriding(registry, {
      lease: async (ttlMs: number) => {
        const given = { lease: await registry.lease(ttlMs), lost: new AbortController() };
        this.#held.set(id, [...this.held(id), given]);
        const revoke = (): Promise<void> => this.#revoke(id, given);
        return { id: given.lease.id, lost: given.lost.signal, revoke };
      },
    });
  }

  held(id: string): readonly Given[] {
    return this.#held.get(id) ?? [];
  }

  /** Ends the one lease of `id`, with all that was said under it, as a registry does that has not heard from its holder for too long. */
  async end(id: string): Promise<void> {
    const [given, ...others] = this.held(id);
    assert.ok(given !== undefined && others.length === 0);
    await this.#revoke(id, given);
    given.lost.abort();
  }

  async #revoke(id: string, given: Given): Promise<void> {
    this.#held.set(
      id,
      this.held(id).filter((each) => each !== given),
    );
    await given.lease.revoke();
  }
}

describe('a node that lost its lease', () => {
  const expiry = new Expiry();
  let cluster: SmallCluster;

  before(async () => {
    cluster = await SmallCluster.start({
      shardNodes: 2,
      replicas: 2,
      standIns: (id, { log, registry }) => ({ log, registry: expiry.of(id, registry) }),
    });
    await createBare(cluster, 'notes');
    await cluster.client.documents.upsert('notes', numberedDocuments(3));
  });

  after(() => cluster.close());

  async function keysUnder(prefix: string): Promise<string[]> {
    return (await cluster.embedded.registry.list(prefix)).map(({ key }) => key);
  }

  /** All that both shard nodes and the coordinator say of themselves. */
  async function said(): Promise<string[]> {
    const families = [keys.nodes, keys.replicas, keys.directoryStates];
    return (await Promise.all(families.map(keysUnder))).flat();
  }

  async function until(holds: () => Promise<boolean>): Promise<void> {
    while (!(await holds())) await systemClock.pause();
  }

  for (const id of ['shard-1', 'shard-2', 'coordinator-1']) {
    it(`says everything again under a new one: ${id}`, async () => {
      const before = await said();
      await expiry.end(id);
      await cluster.client.documents.upsert('notes', numberedDocuments(2, 10));
      await until(async () => expiry.held(id).length === 1);
      await until(async () => (await said()).length === before.length);
      assert.deepEqual(await said(), before);
    });
  }

  it('answers alone for what both hold, with what was written meanwhile', async () => {
    await expiry.end('shard-1');
    const { uid, sequence } = await cluster.client.documents.upsert('notes', numberedDocuments(1, 20));
    await until(async () => (await keysUnder(keys.nodes)).length === 3);
    await until(async () => (await said()).length === 7);
    await cluster.stopNode('shard-2');
    const options = { k: 1, minSequence: { uid, sequence } };
    const { hits, coverage } = await cluster.client.search('notes', Float32Array.of(1, 0), options);
    assert.deepEqual([hits.map(({ id }) => id), coverage.full], [['20'], true]);
  });
});
