import assert from 'node:assert/strict';
import { keys } from '../../../cluster/keys.js';
import type { Registry, RegistryWrite } from '../../../cluster/registry.js';
import { withdrawFormerStates } from '../../../shard-node/former-states.js';

describe('states of an earlier life', () => {
  it('are taken back, those of this node alone', async () => {
    const known = [
      keys.replica('u1', 0, 's1'),
      keys.replica('u1', 0, 'xs1'),
      keys.directoryState('u1', 2, 's1'),
      keys.node('s1'),
    ];
    const deleted: string[] = [];
    const registry = {
      list: async (prefix: string) => known.filter((key) => key.startsWith(prefix)).map((key) => ({ key })),
      transact: async (_: unknown, writes: readonly RegistryWrite[]) => {
        deleted.push(...writes.map(({ operation, key }) => `${operation} ${key}`));
        return 1n;
      },
    } as unknown as Registry;
    await withdrawFormerStates(registry, 's1');
    assert.deepEqual(deleted, ['delete replicas/u1/0/s1', 'delete directory-states/u1/2/s1']);
    known.length = 0;
    await withdrawFormerStates(registry, 's1');
    assert.equal(deleted.length, 2);
  });
});
