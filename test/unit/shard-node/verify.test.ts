import assert from 'node:assert/strict';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { directorySubject, keys, positionValue, shardSubject } from '../../../cluster/keys.js';
import { DirectoryPlacement, ShardPlacement } from '../../../proto/generated/shoal/v1/cluster.js';
import { missingBelow, verifyBelow, type VerifiedFolder } from '../../../shard-node/verify.js';
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

  it('misses the manifest where other files are left, and nothing where none are', async () => {
    const directory = join(folder, 'lost');
    for (const [part, name] of [
      ['0', '0000000001.segment'],
      ['directory-0', 'run-12'],
      ['directory-1', 'verdicts'],
    ] as const) {
      mkdirSync(join(directory, part), { recursive: true });
      writeFileSync(join(directory, part, name), '');
    }
    const found = (await verified(directory)).flatMap(({ kind, problems }) => [kind, ...problems]);
    assert.match(found.join('\n'), /^index\n.*0 holds parts of an index and no manifest.*\ndirectory\n.*no manifest/);
    assert.equal(found.length, 4);
    rmSync(directory, { recursive: true });
  });

  it('misses what the registry places on a node and the log cannot bring back', async () => {
    const nodes = join(folder, 'missing');
    const at = (part: string): string => join(nodes, part);
    const uid = 'u1';
    const shard = (number: number) => {
      // The second replica of shard 1 has come later.
      const stays = number === 0 ? [] : [0n, 9n];
      const value = ShardPlacement.fromPartial({ uid, shard: number, generation: 1n, nodes: ['n1', 'n2'], stays });
      return [keys.placement(uid, number), ShardPlacement.encode(value).finish()] as const;
    };
    const directory = DirectoryPlacement.fromPartial({ uid, partition: 0, nodes: ['n1', 'n2'] });
    const floors = [shardSubject(uid, 1n, 0), shardSubject(uid, 1n, 1), directorySubject(uid)];
    const registry = new Map<string, Uint8Array>([
      shard(0),
      shard(1),
      [keys.directory(uid, 0), DirectoryPlacement.encode(directory).finish()],
      ...floors.map((subject) => [keys.floor(subject), positionValue(7n)] as const),
    ]);
    for (const [part, file] of [
      ['n1/u1/0', 'manifest'],
      ['n1/u1/1', 'manifest'],
      ['n2/u1/1', 'manifest'],
      ['n1/u1/directory-0', 'directory'],
    ] as const) {
      mkdirSync(at(part), { recursive: true });
      writeFileSync(join(at(part), file), '');
    }
    const found: (readonly [string, string])[] = [];
    for await (const each of missingBelow(nodes, registry)) found.push([each.kind, each.directory]);
    assert.deepEqual(found, [
      ['index', at('n2/u1/0')],
      ['index', at('n2/u1/1-9')],
      ['directory', at('n2/u1/directory-0')],
    ]);
    rmSync(nodes, { recursive: true });
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
