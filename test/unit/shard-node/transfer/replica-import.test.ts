import assert from 'node:assert/strict';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { systemClock } from '../../../../base/clock.js';
import { ReplicaImport, type ImportTask } from '../../../../shard-node/transfer/replica-import.js';
import { ShardIndex } from '../../../../vector-index/shard-index.js';
import { systemFiles } from '../../../../vector-index/system-files.js';
import { folderPerTest } from '../../../temporary-folder.js';
import { encodeManifest, type Manifest } from '../../../../vector-index/manifest.js';
import { placement } from '../fixtures.js';
import { archivedSubject, newSubject, noObjects, sealedFiles, tail, task } from './exported.js';

/** A replica's manifest that says that its files cover the log up to `mark`. */
function marked(manifest: Buffer, mark: bigint): Buffer {
  const text = manifest.toString('utf8');
  const json = JSON.parse(text.slice(0, text.lastIndexOf('}') + 1)) as Manifest;
  return encodeManifest({ ...json, applied: { [archivedSubject]: mark } });
}

describe('a replica from a backup', () => {
  const folder = folderPerTest();
  const directory = (): string => join(folder(), 'shard');
  const begin = (changes: Partial<ImportTask> = {}): Promise<ReplicaImport> =>
    ReplicaImport.begin({
      ...task(changes),
      directory: directory(),
      objects: noObjects,
      files: systemFiles,
      clock: systemClock,
    });
  const filled = async (changes: Partial<ImportTask> = {}): Promise<ReplicaImport> => {
    const replica = await begin(changes);
    for (const { name, bytes } of await sealedFiles()) {
      await replica.writeFile(name, bytes.subarray(0, 10));
      await replica.writeFile(name, bytes.subarray(10));
    }
    return replica;
  };

  it('has what the files and the records up to the cut say, on disk and as of the end', async () => {
    const replica = await filled();
    const records = tail();
    await replica.writeRecords(records.subarray(0, 33));
    await replica.writeRecords(records.subarray(33));
    assert.equal(await replica.finish(), 3);
    const settings = { dim: 2, tokenDim: 0 };
    const files = systemFiles;
    const index = await ShardIndex.open({
      files,
      directory: directory(),
      settings,
      codecs: () => null,
      clock: systemClock,
    });
    const found = index.lookup(['a', 'b', 'c', 'd', 'e']);
    assert.deepEqual([...found], [4_096n, 0n, 4_098n, 8_192n, 0n]);
    assert.deepEqual([index.applied(newSubject), index.durable(newSubject)], [5n, 5n]);
    await index.close();
  });

  it('needs no records', async () => {
    assert.equal(await (await filled()).finish(), 3);
  });

  it('is refused with damaged files, and gone when it is discarded', async () => {
    const replica = await begin();
    for (const { name, bytes } of await sealedFiles()) {
      if (name.endsWith('.segment')) bytes[bytes.length >> 1]! ^= 1;
      await replica.writeFile(name, bytes);
    }
    await assert.rejects(replica.finish(), { code: 'DATA_LOSS', message: /files of the backup are damaged/ });
    await replica.discard();
    await replica.discard();
    assert.ok(!existsSync(directory()));
  });

  it('takes no hostile file, none twice, none after the records, and nothing that is no replica', async () => {
    const replica = await filled();
    for (const name of ['../evil', '/etc/passwd', 'a/b', '.hidden'])
      await assert.rejects(replica.writeFile(name, Buffer.alloc(1)), { code: 'INVALID_ARGUMENT' }, name);
    await assert.rejects(replica.writeFile('manifest', Buffer.alloc(1)), {
      code: 'INVALID_ARGUMENT',
      message: /twice/,
    });
    await replica.writeRecords(Buffer.alloc(0));
    await assert.rejects(replica.writeFile('more', Buffer.alloc(1)), {
      code: 'INVALID_ARGUMENT',
      message: /after the records/,
    });
    await replica.discard();
    const empty = await begin();
    await assert.rejects(empty.finish(), { code: 'DATA_LOSS', message: /no manifest/ });
    await empty.discard();
  });

  it('takes no records of another collection, above the end, or cut off', async () => {
    const cases: readonly (readonly [Partial<ImportTask>, Buffer, string, RegExp])[] = [
      [{ archivedUid: 'u9' }, tail(), 'INVALID_ARGUMENT', /no subject of the collection/],
      [{ sequence: 3n }, tail(), 'INVALID_ARGUMENT', /record 4 is above the end/],
      [{}, tail().subarray(0, -1), 'DATA_LOSS', /cut off/],
    ];
    for (const [changes, records, code, message] of cases) {
      const replica = await filled(changes);
      const whole = async (): Promise<unknown> => {
        await replica.writeRecords(records);
        return replica.finish();
      };
      await assert.rejects(whole(), { code, message });
      await replica.discard();
    }
  });

  it('takes no files of another shard, or of more than the backup', async () => {
    const elsewhere = placement(0, { uid: 'u2', lists: Buffer.of(7, 0, 0, 0) });
    const cases: readonly (readonly [Partial<ImportTask>, bigint, RegExp])[] = [
      [{ placement: elsewhere }, 1n, /of the 3 documents of shard 0 of the backup, 3 belong to other shards/],
      [{ sequence: 0n, cut: 0n }, 1n, /up to record 1, above the end of the backup/],
      [{ sequence: 0n, cut: 0n }, 0n, /shard 0 of the backup has document 'a', which was written after the end/],
    ];
    for (const [changes, mark, message] of cases) {
      const replica = await begin(changes);
      for (const { name, bytes } of await sealedFiles())
        await replica.writeFile(name, name === 'manifest' ? marked(bytes, mark) : bytes);
      await assert.rejects(replica.finish(), { code: 'INVALID_ARGUMENT', message });
      await replica.discard();
    }
  });

  it('is not made where there is data', async () => {
    await (await filled()).finish();
    await assert.rejects(begin(), { code: 'ALREADY_EXISTS' });
    writeFileSync(join(folder(), 'x'), '');
    assert.ok(existsSync(join(directory(), 'manifest')));
  });
});
