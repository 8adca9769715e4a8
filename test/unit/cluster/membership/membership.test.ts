/** A node is listed for as long as it lives: it notices that its lease ended, however that came, and takes a new one. */
import assert from 'node:assert/strict';
import { ShoalError } from '../../../../base/errors.js';
import { keys } from '../../../../cluster/keys.js';
import { Membership } from '../../../../cluster/membership/membership.js';
import type { Lease, Registry } from '../../../../cluster/registry.js';
import { Node, NodeKind } from '../../../../proto/generated/shoal/v1/cluster.js';
import { FakeClock } from '../../../fake-clock.js';
import { silent, withRegistry } from '../fixtures.js';

const node = Node.fromPartial({ id: 'n', kind: NodeKind.NODE_KIND_SHARD, address: 'a:1', version: '1' });

interface Rig {
  readonly registry: Registry;
  readonly clock: FakeClock;
  readonly membership: Membership;
  /** Terms in which it was listed again. */
  readonly renewals: (number | null)[];
  /** How many leases were given. */
  given(): number;
  isDown: boolean;
  /** Ends the lease as the registry does when it hears nothing from its holder. */
  expire(): Promise<void>;
  /** Ends it, and nobody says so to the holder. */
  expireUnheard(): Promise<void>;
  listed(): Promise<Node | null>;
  /** Lets `ms` pass; no time passes while the registry is at work. */
  pass(ms: number): Promise<void>;
}

function withMembership(work: (rig: Rig) => Promise<void>): Promise<void> {
  return withRegistry(async (own) => {
    const clock = new FakeClock();
    const leases: { readonly own: Lease; readonly lost: AbortController }[] = [];
    const state = { isDown: false };
    let underWay = 0;
    const call = async <T>(work: () => Promise<T>): Promise<T> => {
      if (state.isDown) throw new ShoalError('UNAVAILABLE', 'the registry is away');
      underWay += 1;
      return await work().finally(() => (underWay -= 1));
    };
    const registry: Registry = {
      ...own,
      get: (key) => call(() => own.get(key)),
      transact: (conditions, writes) => call(() => own.transact(conditions, writes)),
      lease: (ttlMs) =>
        call(async () => {
          const [lease, lost] = [await own.lease(ttlMs), new AbortController()];
          leases.push({ own: lease, lost });
          return { id: lease.id, lost: lost.signal, revoke: () => lease.revoke() };
        }),
    };
    const membership = await Membership.take({ registry, clock, logger: silent });
    await membership.announce(node);
    const renewals: (number | null)[] = [];
    membership.onRenewal(() => renewals.push(membership.term()));
    const expireUnheard = async (): Promise<void> => leases.at(-1)!.own.revoke();
    const rig: Rig = Object.assign(state, {
      registry: own,
      clock,
      membership,
      renewals,
      given: () => leases.length,
      expireUnheard,
      expire: async () => {
        await expireUnheard();
        leases.at(-1)!.lost.abort(new ShoalError('UNAVAILABLE', 'the lease was lost'));
      },
      listed: async () => {
        const entry = await own.get(keys.node('n'));
        return entry === null ? null : Node.decode(entry.value);
      },
      pass: async (ms: number) => {
        for (let passed = 0; passed < ms; passed += 1_000) {
          await clock.advance(1_000);
          for (let turn = 0; turn < 5 || underWay > 0; turn += 1) await clock.pause();
        }
      },
    });
    await work(rig);
    state.isDown = false;
    await membership.leave();
  });
}

/** Reads of the embedded registry take real turns. */
async function settled(rig: Rig): Promise<void> {
  while (rig.membership.term() === null) await rig.clock.pause();
}

describe('the membership of a node', () => {
  it('lists it until it leaves', () =>
    withMembership(async ({ membership, listed }) => {
      assert.deepEqual(await listed(), node);
      assert.equal(membership.term(), 1);
      await membership.leave();
      await membership.leave();
      assert.equal(await listed(), null);
    }));

  it('takes the place of its former self', () =>
    withMembership(async ({ registry, clock, expire, listed }) => {
      const after = await Membership.take({ registry, clock, logger: silent });
      await after.announce({ ...node, address: 'b:2' });
      await expire();
      assert.equal((await listed())?.address, 'b:2');
      await after.leave();
    }));

  it('holds through ordinary days under one lease', () =>
    withMembership(async ({ membership, renewals, pass, given }) => {
      await pass(60_000);
      assert.deepEqual([membership.term(), renewals, given()], [1, [], 1]);
    }));

  it('takes a new lease when it lost the old one, is listed again and says so', () =>
    withMembership(async (rig) => {
      const { membership, renewals, expire, listed } = rig;
      const before = membership.lease;
      await expire();
      assert.equal(membership.term(), null);
      await settled(rig);
      assert.deepEqual([membership.term(), renewals], [2, [2]]);
      assert.notEqual(membership.lease, before);
      assert.deepEqual(await listed(), node);
      await expire();
      await settled(rig);
      assert.deepEqual(renewals, [2, 3]);
    }));

  it('has no term until the registry can be reached again', () =>
    withMembership(async (rig) => {
      rig.isDown = true;
      await rig.expire();
      await rig.pass(60_000);
      assert.deepEqual([rig.membership.term(), await rig.listed()], [null, null]);
      rig.isDown = false;
      await rig.pass(10_000);
      assert.deepEqual([rig.membership.term(), await rig.listed()], [2, node]);
    }));

  it('leaves while it has no lease', () =>
    withMembership(async (rig) => {
      rig.isDown = true;
      await rig.expire();
      await rig.membership.leave();
      rig.isDown = false;
      await rig.pass(60_000);
      assert.deepEqual([await rig.listed(), rig.clock.pending], [null, 0]);
    }));

  it('yields to another process that has taken its name, and comes back after it', () =>
    withMembership(async (rig) => {
      const { registry, clock, membership } = rig;
      await rig.expire();
      await settled(rig);
      const other = await Membership.take({ registry, clock, logger: silent });
      await other.announce({ ...node, address: 'b:2' });
      await rig.expire();
      await rig.pass(30_000);
      assert.equal((await rig.listed())?.address, 'b:2');
      assert.equal(membership.term(), null);
      await other.leave();
      await rig.pass(10_000);
      assert.deepEqual([membership.term(), await rig.listed()], [3, node]);
    }));
});

describe('the membership of a process that stood still', () => {
  it('is in doubt at once, and stands when the node was listed all the time', () =>
    withMembership(async (rig) => {
      rig.clock.jump(15_000);
      assert.equal(rig.membership.term(), null);
      await settled(rig);
      assert.deepEqual([rig.membership.term(), rig.given(), rig.renewals], [1, 1, []]);
    }));

  it('is renewed when it ended meanwhile, though nobody has said so yet', () =>
    withMembership(async (rig) => {
      rig.clock.jump(15_000);
      await rig.expireUnheard();
      assert.equal(rig.membership.term(), null);
      await settled(rig);
      assert.deepEqual([rig.membership.term(), rig.renewals, await rig.listed()], [2, [2], node]);
    }));

  it('is in doubt after a sleep during which only the wall clock went on', () =>
    withMembership(async (rig) => {
      rig.clock.jumpWall(3_600_000);
      await rig.expireUnheard();
      assert.equal(rig.membership.term(), null);
      await settled(rig);
      assert.deepEqual([rig.membership.term(), await rig.listed()], [2, node]);
    }));

  it('is looked at again by itself', () =>
    withMembership(async (rig) => {
      rig.clock.jump(15_000);
      await rig.expireUnheard();
      await rig.pass(5_000);
      assert.deepEqual(rig.renewals, [2]);
    }));
});
