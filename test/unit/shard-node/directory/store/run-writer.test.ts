/** Writing runs: in pieces, with ids that share much, and with values of other runs. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { Run, RunCursor } from '../../../../../shard-node/directory/store/run.js';
import { decodeValue } from '../../../../../shard-node/directory/store/run-format.js';
import { RunWriter } from '../../../../../shard-node/directory/store/run-writer.js';
import { systemFiles } from '../../../../../vector-index/system-files.js';
import { folderPerTest } from '../../../../temporary-folder.js';
import { entry } from './directory-store-conformance.js';
import { FaultyFiles } from './faulty-files.js';

describe('the writer of runs', () => {
  const folder = folderPerTest();

  it('writes in pieces whatever the entries weigh', async () => {
    const path = join(folder(), 'run');
    const writer = await RunWriter.create(systemFiles, path, 700);
    const id = Buffer.alloc(256, 'x');
    const places = Array.from({ length: 500 }, (_, i) => i);
    let pieces = 0;
    for (let i = 0; i < 700; i += 1) {
      id.writeUInt16BE(i, 254);
      writer.add(id, 256, entry(BigInt(i), { places, unheard: places }));
      if (!writer.isPieceFull) continue;
      await writer.flush();
      pieces += 1;
    }
    await writer.finish();
    assert.ok(pieces > 3);
    const run = Run.open(systemFiles, path);
    const cursor = new RunCursor(run);
    for (let i = 0; i < 700; i += 1) {
      assert.equal(cursor.next(), true);
      assert.deepEqual([cursor.id.readUInt16BE(254), decodeValue(cursor.file, cursor.valueAt)?.docId], [i, BigInt(i)]);
    }
    assert.equal(cursor.next(), false);
    run.close();
  });

  it('takes values as they lie in another run', async () => {
    const [from, to] = [join(folder(), 'from'), join(folder(), 'to')];
    const first = await RunWriter.create(systemFiles, from, 1);
    first.add(Buffer.from('a'), 1, entry(7n, { places: [1, 2] }));
    await first.finish();
    const run = Run.open(systemFiles, from);
    const cursor = new RunCursor(run);
    cursor.next();
    const second = await RunWriter.create(systemFiles, to, 1);
    second.copy(cursor.id, cursor.idBytes, cursor.value);
    await second.finish();
    run.close();
    const copy = Run.open(systemFiles, to);
    const copied = new RunCursor(copy);
    assert.equal(copied.next(), true);
    assert.deepEqual(decodeValue(copied.file, copied.valueAt), entry(7n, { places: [1, 2] }));
    copy.close();
  });

  it('says that the disk is full', async () => {
    const files = new FaultyFiles();
    const writer = await RunWriter.create(files, join(folder(), 'run'), 1);
    files.isFull = true;
    writer.add(Buffer.from('a'), 1, null);
    await assert.rejects(writer.finish(), { code: 'RESOURCE_EXHAUSTED' });
    await writer.close();
  });
});
