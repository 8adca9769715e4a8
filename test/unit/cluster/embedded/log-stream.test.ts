import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { systemClock } from '../../../../base/clock.js';
import { Deadline } from '../../../../base/deadline.js';
import { LogStream, type LogStreamOptions } from '../../../../cluster/embedded/log-stream.js';
import { rejectsWith } from '../../../cluster/rejects.js';
import { folderPerTest } from '../../../temporary-folder.js';

describe('a stream of chunks', () => {
  const folder = folderPerTest();
  let deadline: Deadline;
  beforeEach(() => {
    deadline = Deadline.after(systemClock, 60_000);
  });
  afterEach(() => deadline.close());
  const options = (): LogStreamOptions => ({ name: 's', directory: folder(), chunkBytes: 10_000, clock: systemClock });
  const openStream = async (): Promise<LogStream> => {
    await LogStream.lay(options(), 1n);
    return await LogStream.open(options());
  };
  const append = async (stream: LogStream, subject: string, count: number): Promise<void> => {
    const record = { headers: {}, body: Buffer.alloc(1_000) };
    for (let i = 0; i < count; i += 1) await stream.append(subject, record, deadline);
  };
  const files = async (): Promise<number> => (await readdir(folder())).filter((name) => name.endsWith('.mdb')).length;

  it('begins another file when one is full', async () => {
    const stream = await openStream();
    await append(stream, 'a', 35);
    assert.equal(await files(), 4);
    assert.equal(stream.state().entries, 35);
    await stream.close();
  });

  it('reads across its files', async () => {
    const stream = await openStream();
    await append(stream, 'a', 25);
    const read = { isWanted: () => true, headersOnly: false, entriesMax: 100, bytesMax: 1_000_000 };
    const seen: bigint[] = [];
    for (let after = 0n; after < 25n;) {
      const { entries, through } = stream.readBatch({ ...read, after });
      seen.push(...entries.map(({ sequence }) => sequence));
      after = through;
    }
    assert.deepEqual(
      seen,
      Array.from({ length: 25 }, (_, i) => BigInt(i + 1)),
    );
    assert.equal(stream.read(13n)?.sequence, 13n);
    await stream.close();
  });

  it('deletes files whose entries are purged and keeps the counters', async () => {
    let stream = await openStream();
    await append(stream, 'a', 35);
    await stream.purge('a', 20n);
    assert.equal(await files(), 2);
    await stream.close();
    stream = await LogStream.open(options());
    assert.deepEqual([stream.state().firstSequence, stream.lastSequence], [21n, 35n]);
    assert.equal(stream.lastSequenceOf('a'), 35n);
    await stream.close();
  });

  it('keeps the last sequence of a subject whose files are gone', async () => {
    let stream = await openStream();
    await append(stream, 'old', 15);
    await append(stream, 'new', 30);
    await stream.purge('old', 15n);
    await stream.purge('new', 40n);
    await stream.close();
    stream = await LogStream.open(options());
    assert.equal(stream.lastSequenceOf('old'), 15n);
    await stream.close();
  });

  it('refuses an append whose deadline ends while it waits', async () => {
    const stream = await openStream();
    const over = deadline.within(5_000);
    const waiting = stream.append('a', { headers: {}, body: Buffer.alloc(1) }, over);
    over.cancel();
    await rejectsWith(waiting, 'CANCELLED');
    assert.equal(await stream.append('a', { headers: {}, body: Buffer.alloc(1) }, deadline), 1n);
    await stream.close();
  });

  it('takes no appends once closed', async () => {
    const stream = await openStream();
    await stream.close();
    await stream.close();
    await rejectsWith(stream.append('a', { headers: {}, body: Buffer.alloc(1) }, deadline), 'UNAVAILABLE');
  });

  it('is not opened where its files are gone', async () => {
    await rejectsWith(LogStream.open(options()), 'DATA_LOSS', /has no files/);
  });
});
