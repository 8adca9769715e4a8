/** A view follows the registry, and lets callers wait for what they need to see. */
import assert from 'node:assert/strict';
import { Deadline } from '../../../../base/deadline.js';
import { ShoalError } from '../../../../base/errors.js';
import { keys } from '../../../../cluster/keys.js';
import type { Registry } from '../../../../cluster/registry.js';
import { ClusterView } from '../../../../cluster/shard-map/cluster-view.js';
import type { ClusterMap } from '../../../../cluster/shard-map/cluster-map.js';
import { FakeClock } from '../../../fake-clock.js';
import { silent, withRegistry } from '../fixtures.js';

const name = (registry: Registry, collection: string): Promise<unknown> =>
  registry.transact(
    [],
    [{ operation: 'put', key: keys.collection(collection), value: Buffer.from(`uid of ${collection}`) }],
  );

const uidOf =
  (collection: string) =>
  (map: ClusterMap): string | undefined =>
    map.uids.get(collection);

function withView(work: (view: ClusterView, registry: Registry, clock: FakeClock) => Promise<void>): Promise<void> {
  return withRegistry(async (registry) => {
    await name(registry, 'before');
    const view = ClusterView.open(registry, silent);
    try {
      await work(view, registry, new FakeClock());
    } finally {
      await view.close();
    }
  });
}

describe('a view of the cluster', () => {
  it('shows what was there before and what comes after', () =>
    withView(async (view, registry, clock) => {
      const deadline = Deadline.after(clock, 1_000);
      assert.equal(await view.when(uidOf('before'), 'it', deadline), 'uid of before');
      const coming = view.when(uidOf('later'), 'it', deadline);
      await name(registry, 'later');
      assert.equal(await coming, 'uid of later');
      assert.equal(view.current().uids.size, 2);
    }));

  it('tells its listeners of every change until they leave', () =>
    withView(async (view, registry, clock) => {
      const deadline = Deadline.after(clock, 1_000);
      await view.when(uidOf('before'), 'it', deadline);
      const sizes: number[] = [];
      const leave = view.onChange(({ uids }) => sizes.push(uids.size));
      await name(registry, 'a');
      await view.when(uidOf('a'), 'it', deadline);
      leave();
      await name(registry, 'b');
      await view.when(uidOf('b'), 'it', deadline);
      assert.deepEqual(sizes, [2]);
    }));

  it('names what was waited for in vain', () =>
    withView(async (view, _, clock) => {
      const waiting = view.when(uidOf('never'), 'the replicas to open', Deadline.after(clock, 50));
      const refused = assert.rejects(waiting, {
        code: 'DEADLINE_EXCEEDED',
        message: 'waited in vain for the replicas to open',
      });
      await clock.advance(50);
      await refused;
      const over = Deadline.after(clock, 0);
      await clock.advance(1);
      await assert.rejects(view.when(uidOf('never'), 'it', over), { code: 'DEADLINE_EXCEEDED' });
    }));

  it('gives an error of the one who looks to him, and goes on', () =>
    withView(async (view, registry, clock) => {
      const deadline = Deadline.after(clock, 1_000);
      await view.when(uidOf('before'), 'it', deadline);
      const failing = view.when(
        ({ uids }) => {
          if (uids.has('bad')) throw new ShoalError('UNAVAILABLE', 'seen something bad');
          return undefined;
        },
        'it',
        deadline,
      );
      const refused = assert.rejects(failing, { code: 'UNAVAILABLE', message: 'seen something bad' });
      await name(registry, 'bad');
      await refused;
      await name(registry, 'after');
      assert.equal(await view.when(uidOf('after'), 'it', deadline), 'uid of after');
    }));

  it('keeps its last picture when it is closed, twice if need be', () =>
    withView(async (view, _, clock) => {
      await view.when(uidOf('before'), 'it', Deadline.after(clock, 1_000));
      await view.close();
      await view.close();
      assert.equal(view.current().uids.get('before'), 'uid of before');
    }));
});
