import assert from 'node:assert/strict';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { verifyBelow, type VerifiedFolder } from '../../../shard-node/verify.js';
import { folderOfSuite } from '../../temporary-folder.js';

async function verified(directory: string): Promise<VerifiedFolder[]> {
  const found: VerifiedFolder[] = [];
  for await (const index of verifyBelow(directory)) found.push(index);
  return found;
}

describe('the check of a data folder', () => {
  const folder = folderOfSuite();

  it('tells indexes and directory partitions apart', async () => {
    const directory = join(folder, 'both');
    for (const [part, name] of [
      ['0', 'manifest'],
      ['directory-0', 'directory'],
    ] as const) {
      mkdirSync(join(directory, part), { recursive: true });
      writeFileSync(join(directory, part, name), 'damaged');
    }
    const found = await verified(directory);
    assert.deepEqual(
      found.map(({ kind, problems }) => [kind, problems.length]),
      [
        ['index', 1],
        ['directory', 1],
      ],
    );
    rmSync(directory, { recursive: true });
  });

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
