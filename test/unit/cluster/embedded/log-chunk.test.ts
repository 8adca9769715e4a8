import assert from 'node:assert/strict';
import { join } from 'node:path';
import { LogChunk } from '../../../../cluster/embedded/log-chunk.js';
import type { LogEntry } from '../../../../cluster/change-log.js';
import { folderPerTest } from '../../../temporary-folder.js';

const mapBytes = 1024 * 1024;
const all = { after: 0n, upTo: 1_000n, isWanted: () => true, headersOnly: false, entriesMax: 100, bytesMax: 1_000_000 };

function entry(sequence: bigint, subject: string): LogEntry {
  return { sequence, subject, timeMs: 1, headers: {}, body: Buffer.from(`body ${sequence}`) };
}

describe('a chunk of a stream', () => {
  const folder = folderPerTest();
  const openChunk = (first = 10n): Promise<LogChunk> =>
    LogChunk.open({ stream: 's', path: join(folder(), `${first}.mdb`), first, mapBytes });
  const filled = async (): Promise<LogChunk> => {
    const chunk = await openChunk();
    await chunk.append([entry(10n, 'a'), entry(11n, 'b'), entry(12n, 'a'), entry(13n, 'b'), entry(14n, 'a')]);
    return chunk;
  };
  const sequences = (entries: readonly LogEntry[]): bigint[] => entries.map(({ sequence }) => sequence);

  it('is empty before its first record', async () => {
    const chunk = await openChunk();
    assert.deepEqual([chunk.last, chunk.entries, chunk.firstHeld()], [9n, 0, null]);
    await chunk.close();
  });

  it('reads all, one subject, and after a sequence', async () => {
    const chunk = await filled();
    assert.deepEqual(sequences(chunk.read(all).entries), [10n, 11n, 12n, 13n, 14n]);
    assert.deepEqual(sequences(chunk.read({ ...all, isWanted: (subject) => subject === 'b' }).entries), [11n, 13n]);
    assert.deepEqual(sequences(chunk.read({ ...all, after: 12n }).entries), [13n, 14n]);
    await chunk.close();
  });

  it('says up to where it has read when it stops early', async () => {
    const chunk = await filled();
    const { entries, through } = chunk.read({ ...all, entriesMax: 2 });
    assert.deepEqual([sequences(entries), through], [[10n, 11n], 11n]);
    assert.equal(chunk.read({ ...all, bytesMax: 1 }).through, 10n);
    assert.equal(chunk.read(all).through, 1_000n);
    await chunk.close();
  });

  it('hides what was purged and counts the rest, also when opened again', async () => {
    const chunk = await filled();
    await chunk.purge('a', 12n);
    assert.deepEqual(sequences(chunk.read(all).entries), [11n, 13n, 14n]);
    assert.deepEqual(sequences(chunk.read({ ...all, isWanted: (subject) => subject === 'a' }).entries), [14n]);
    await chunk.close();
    const again = await openChunk();
    assert.deepEqual([again.entries, again.firstHeld(), again.last], [3, 11n, 14n]);
    await again.close();
  });

  it('has no bytes left when all is purged', async () => {
    const chunk = await filled();
    for (const subject of ['a', 'b', 'absent']) await chunk.purge(subject, 100n);
    assert.deepEqual([chunk.entries, chunk.bytes], [0, 0]);
    await chunk.close();
  });

  it('takes over the last sequences of another', async () => {
    const [old, next] = [await filled(), await openChunk(15n)];
    await next.append([entry(15n, 'b')]);
    await next.inherit(old);
    assert.deepEqual([next.subjects.get('a')?.last, next.subjects.get('b')?.last], [14n, 15n]);
    assert.deepEqual([next.entries, next.last], [1, 15n]);
    for (const chunk of [old, next]) await chunk.close();
  });
});
