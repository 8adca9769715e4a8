/** Documents that come together share a record, in their order and within its limits. */
import assert from 'node:assert/strict';
import { ShoalError } from '../../../../base/errors.js';
import { limits } from '../../../../base/limits.js';
import type { ChangeLog, LogRecord } from '../../../../cluster/change-log.js';
import { contentHashesOf, docIdOf, idsOf } from '../../../../cluster/log/records.js';
import { Appender } from '../../../../coordinator/ingest/appender.js';
import { LogDocument } from '../../../../proto/generated/shoal/v1/log.js';
import { FakeClock } from '../../../fake-clock.js';

interface Rig {
  readonly clock: FakeClock;
  readonly records: LogRecord[];
  /** Set, every append fails with it. */
  failure: ShoalError | null;
  append(id: string, textBytes?: number): Promise<bigint>;
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
  const append = (id: string, textBytes = 1): Promise<bigint> =>
    appender.append({
      document: LogDocument.fromPartial({ id, text: 'x'.repeat(textBytes) }),
      contentHash: BigInt(textBytes),
    });
  return Object.assign(state, { clock, records, append });
}

const sizes = ({ records }: Rig): number[] => records.map((record) => idsOf(record).length);

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
    assert.deepEqual([...contentHashesOf(each.records[0]!)], [1n, 1n, 1n]);
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

  it('keeps a shared record’s body below its limit', async () => {
    const each = rig();
    const all = Promise.all(Array.from({ length: 10 }, (_, i) => each.append(String(i), 200 * 1024)));
    await each.clock.advance(1);
    await all;
    assert.deepEqual(sizes(each), [4, 4, 2]);
    for (const { body } of each.records) assert.ok(body.length <= limits.recordBodyBytesGrouped);
    assert.deepEqual(each.records.flatMap(idsOf), ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9']);
  });

  it('keeps a record’s headers below their limit', async () => {
    const each = rig();
    const all = Promise.all(Array.from({ length: 300 }, (_, i) => each.append(String(i).padStart(256, '-'))));
    await each.clock.advance(1);
    await all;
    assert.ok(each.records.length > 1);
    for (const { headers } of each.records) {
      const bytes = Object.entries(headers).reduce((sum, [name, value]) => sum + name.length + value.length, 0);
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

  it('refuses a document that is larger than a record may be', () => {
    const each = rig();
    assert.throws(() => void each.append('huge', limits.messageBytesMax), {
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
