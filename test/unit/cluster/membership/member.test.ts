import assert from 'node:assert/strict';
import { keys } from '../../../../cluster/keys.js';
import { announce, memberLeaseMs } from '../../../../cluster/membership/member.js';
import { Node, NodeKind } from '../../../../proto/generated/shoal/v1/cluster.js';
import { withRegistry } from '../fixtures.js';

const node = Node.fromPartial({ id: 'n', kind: NodeKind.NODE_KIND_SHARD, address: 'a:1', version: '1' });

describe('a member', () => {
  it('is listed for as long as its lease lives', () =>
    withRegistry(async (registry) => {
      const lease = await registry.lease(memberLeaseMs);
      await announce(registry, node, lease);
      assert.deepEqual(Node.decode((await registry.get(keys.node('n')))!.value), node);
      await lease.revoke();
      assert.equal(await registry.get(keys.node('n')), null);
    }));

  it('that restarts takes the place of its former self', () =>
    withRegistry(async (registry) => {
      const before = await registry.lease(memberLeaseMs);
      await announce(registry, node, before);
      const after = await registry.lease(memberLeaseMs);
      await announce(registry, { ...node, address: 'b:2' }, after);
      await before.revoke();
      const [entry, ...others] = await registry.list(keys.nodes);
      assert.equal(others.length, 0);
      assert.equal(entry && Node.decode(entry.value).address, 'b:2');
    }));
});
