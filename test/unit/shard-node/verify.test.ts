import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { verifyBelow, type VerifiedIndex } from '../../../shard-node/verify.js';
import { folderOfSuite } from '../../temporary-folder.js';

async function verified(directory: string): Promise<VerifiedIndex[]> {
  const found: VerifiedIndex[] = [];
  for await (const index of verifyBelow(directory)) found.push(index);
  return found;
}

describe('the check of a data folder', () => {
  const folder = folderOfSuite();

  it('finds every index at any depth, and reports each one apart', async () => {
    assert.deepEqual(await verified(folder), []);
    for (const shard of ['1', '0']) {
      mkdirSync(join(folder, 'nodes', 'uid', shard), { recursive: true });
      writeFileSync(join(folder, 'nodes', 'uid', shard, 'manifest'), 'damaged');
    }
    const found = await verified(folder);
    assert.deepEqual(
      found.map((index) => [index.directory, index.problems.length]),
      [
        [join(folder, 'nodes', 'uid', '0'), 1],
        [join(folder, 'nodes', 'uid', '1'), 1],
      ],
    );
  });
});
