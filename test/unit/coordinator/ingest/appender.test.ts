/** Documents that come together share a record, in their order and within its limits. */
import assert from 'node:assert/strict';
import { ShoalError } from '../../../../base/errors.js';
import { limits } from '../../../../base/limits.js';
import type { ChangeLog, LogRecord } from '../../../../cluster/change-log.js';
import { docIdOf } from '../../../../cluster/log/doc-id.js';
import { encodeDocument } from '../../../../cluster/log/encoded-document.js';
import { headersOf, idsOf, type UpsertHeaders } from '../../../../cluster/log/record-headers.js';
import { Appender, type AppendEntry } from '../../../../coordinator/ingest/appender.js';
import { DocumentRecord, LogDocument } from '../../../../proto/generated/shoal/v1/log.js';
import { FakeClock } from '../../../fake-clock.js';

interface Rig {
  readonly clock: FakeClock;
  readonly records: LogRecord[];
  /** Set, every append fails with it. */
  failure: ShoalError | null;
  append(id: string, textBytes?: number, changes?: Partial<AppendEntry>): Promise<bigint>;
}

function entryOf(id: string, textBytes: number, changes: Partial<AppendEntry>): AppendEntry {
  const encoded = encodeDocument(LogDocument.fromPartial({ id, text: 'x'.repeat(textBytes) }));
  return { ...encoded, contentHash: BigInt(textBytes), structure: 0, epoch: 4n, as: 0n, places: [], ...changes };
}

function rig(): Rig {
  const clock = new FakeClock();
  const records: LogRecord[] = [];
  const state: { failure: ShoalError | null } = { failure: null };
  const log = {
    append: async (stream: string, subject: string, record: LogRecord) => {
      assert.deepEqual([stream, subject], ['u1', 'shoal.u1.1.0']);
      if (state.failure !== null) throw state.failure;
      records.push(record);
      return BigInt(records.length);
    },
  } as unknown as ChangeLog;
  const appender = new Appender({ log, stream: 'u1', subject: 'shoal.u1.1.0', clock });
  const append: Rig['append'] = (id, textBytes = 1, changes = {}) =>
    new Promise((resolve, reject) =>
      appender.append([entryOf(id, textBytes, changes)], (position, outcome) => {
        assert.equal(position, 0);
        if (outcome instanceof ShoalError) reject(outcome);
        else resolve(outcome);
      }),
    );
  return Object.assign(state, { clock, records, append });
}

const sizes = ({ records }: Rig): number[] => records.map((record) => idsOf(record).length);

function headers(record: LogRecord): UpsertHeaders {
  const found = headersOf({ ...record, sequence: 1n, subject: 'shoal.u1.1.0' });
  assert.ok(found.operation === 'upsert');
  return found;
}

describe('an appender', () => {
  it('writes what comes within a millisecond as one record, in order', async () => {
    const each = rig();
    const docIds = Promise.all(['b', 'a', 'c'].map((id) => each.append(id)));
    assert.equal(each.records.length, 0);
    await each.clock.advance(1);
    assert.deepEqual(
      await docIds,
      [0, 1, 2].map((position) => docIdOf(1n, position)),
    );
    assert.deepEqual(each.records.map(idsOf), [['b', 'a', 'c']]);
    const { contentHashes, epoch, isAs } = headers(each.records[0]!);
    assert.deepEqual([[...contentHashes], epoch, isAs], [[1n, 1n, 1n], 4n, false]);
    const { documents } = DocumentRecord.decode(each.records[0]!.body);
    assert.deepEqual(
      documents.map(({ id }) => id),
      ['b', 'a', 'c'],
    );
  });

  it('writes what comes later as another record', async () => {
    const each = rig();
    const first = each.append('a');
    await each.clock.advance(1);
    const second = each.append('a');
    await each.clock.advance(1);
    assert.deepEqual(await Promise.all([first, second]), [docIdOf(1n, 0), docIdOf(2n, 0)]);
  });

  it('puts at most 4,096 documents into a record', async () => {
    const each = rig();
    const all = Promise.all(Array.from({ length: 4_097 }, (_, i) => each.append(i.toString(36), 0)));
    await each.clock.advance(1);
    await all;
    assert.ok(Math.max(...sizes(each)) <= 4_096);
    assert.equal(
      sizes(each).reduce((sum, size) => sum + size),
      4_097,
    );
    assert.deepEqual(each.records.flatMap(idsOf).at(-1), (4_096).toString(36));
  });

  it('keeps a record’s headers below their limit', async () => {
    const each = rig();
    const places = Array.from({ length: 9 }, (_, shard) => `shoal.u1.1.${shard}`);
    const all = Promise.all(
      Array.from({ length: 300 }, (_, i) => each.append(String(i).padStart(256, '-'), 1, { places })),
    );
    await each.clock.advance(1);
    await all;
    assert.ok(each.records.length > 1);
    for (const record of each.records) {
      const bytes = Object.entries(record.headers).reduce((sum, [name, value]) => sum + name.length + value.length, 0);
      assert.ok(bytes <= limits.recordHeaderBytesMax, `${bytes} bytes of headers`);
    }
  });

  it('writes a large document alone, where it stands', async () => {
    const each = rig();
    const all = Promise.all([
      each.append('a'),
      each.append('big', 2 * 1024 * 1024),
      each.append('b'),
      each.append('c'),
    ]);
    await each.clock.advance(1);
    assert.deepEqual(await all, [docIdOf(1n, 0), docIdOf(2n, 0), docIdOf(3n, 0), docIdOf(3n, 1)]);
    assert.deepEqual(each.records.map(idsOf), [['a'], ['big'], ['b', 'c']]);
  });

  it('puts documents of one structure into a record, and those with docIds of their own apart', async () => {
    const each = rig();
    const all = Promise.all([
      each.append('a', 1, { structure: 1 }),
      each.append('b', 1, { structure: 2, epoch: 9n }),
      each.append('c', 1, { structure: 2 }),
      each.append('d', 1, { structure: 2, as: 77n }),
      each.append('e', 1, { structure: 2, as: 78n }),
    ]);
    await each.clock.advance(1);
    assert.deepEqual(await all, [docIdOf(1n, 0), docIdOf(2n, 0), docIdOf(2n, 1), docIdOf(3n, 0), docIdOf(3n, 1)]);
    assert.deepEqual(
      each.records.map((record) => [headers(record).ids, headers(record).structure, headers(record).epoch]),
      [
        [['a'], 1, 4n],
        [['b', 'c'], 2, 9n],
        [['d', 'e'], 2, 4n],
      ],
    );
    assert.deepEqual([...headers(each.records[2]!).docIds], [77n, 78n]);
  });

  it('names every place of a document that has several', async () => {
    const each = rig();
    const places = ['shoal.u1.1.0', 'shoal.u1.1.4'];
    const all = Promise.all([each.append('a'), each.append('b', 1, { places })]);
    await each.clock.advance(1);
    await all;
    assert.deepEqual(headers(each.records[0]!).places, new Map([[1, places]]));
  });

  it('refuses a document that is larger than a record may be', async () => {
    await assert.rejects(rig().append('huge', limits.messageBytesMax), {
      code: 'INVALID_ARGUMENT',
      message: /^document 'huge' has \d+ bytes with its vectors, the limit of a record is 8388608; chunk it$/,
    });
  });

  it('fails all of a record’s documents when the disk does, and goes on with the next', async () => {
    const each = rig();
    each.failure = new ShoalError('RESOURCE_EXHAUSTED', 'the disk is full');
    const lost = Promise.allSettled([each.append('a'), each.append('b')]);
    await each.clock.advance(1);
    for (const outcome of await lost) {
      assert.ok(outcome.status === 'rejected' && outcome.reason === each.failure);
    }
    each.failure = null;
    const next = each.append('a');
    await each.clock.advance(1);
    assert.equal(await next, docIdOf(1n, 0));
    assert.equal(each.clock.pending, 0);
  });
});
