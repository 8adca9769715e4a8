/** Names of the folders that replicas have. */
import assert from 'node:assert/strict';
import { parseReplicaFolder, replicaFolder } from '../../../shard-node/replica-folder.js';

describe('the folder of a replica', () => {
  it('is that of one stay alone', () => {
    assert.equal(replicaFolder(7, 0n), '7');
    assert.equal(replicaFolder(7, 31n), '7-31');
    for (const [shard, stay] of [
      [0, 0n],
      [7, 31n],
      [12, 18_446_744_073_709_551_615n],
    ] as const)
      assert.deepEqual(parseReplicaFolder(replicaFolder(shard, stay)), { shard, stay });
  });

  it('is known by its name, also where it was set aside', () => {
    assert.deepEqual(parseReplicaFolder('3.damaged'), { shard: 3, stay: 0n });
    assert.deepEqual(parseReplicaFolder('3-9.damaged'), { shard: 3, stay: 9n });
    for (const other of ['directory-0', '3-', '-3', '3-9-1', '3.copy', 'x3', ''])
      assert.equal(parseReplicaFolder(other), null, other);
  });
});
