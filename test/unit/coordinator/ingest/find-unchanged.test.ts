/** The directory is asked which documents it has already, and not waited for long. */
import assert from 'node:assert/strict';
import { ShoalError } from '../../../../base/errors.js';
import type { Deadline } from '../../../../base/deadline.js';
import { findUnchanged } from '../../../../coordinator/ingest/find-unchanged.js';
import { deadlineOf, longs, uid } from '../fixtures.js';
import { writeRig, type WriteRigOptions } from '../write-rig.js';

const ids = ['a', 'b', 'c', 'd', 'e'];
const contents = { uid, ids, hashes: BigUint64Array.from(ids, (_, i) => BigInt(i)) };

async function find(options: WriteRigOptions, deadline = deadlineOf(), isEmpty = false): Promise<bigint[]> {
  const each = writeRig(options);
  if (!isEmpty) await each.log.append('u1', 's', { headers: {}, body: new Uint8Array() });
  return [...(await findUnchanged(contents, each.parts, deadline)).docIds];
}

describe('finding unchanged documents', () => {
  it('asks each partition for its ids, as of the log’s last position', async () => {
    const asked: string[] = [];
    const findUnchangedThere = async (_: string, request: { ids: string[]; contentHashes: Buffer; asOf: bigint }) => {
      asked.push(...request.ids);
      assert.equal(request.asOf, 1n);
      return { docIds: longs(...request.ids.map((_id, i) => 10n + request.contentHashes.readBigUInt64LE(i * 8))) };
    };
    const found = await find({ partitions: 3, peers: { findUnchanged: findUnchangedThere } });
    assert.deepEqual(found, [10n, 11n, 12n, 13n, 14n]);
    assert.deepEqual(asked.sort(), ids);
  });

  it('gives a position that shows passages which came after the document, and none where nothing is unchanged', async () => {
    const sequenceFor = async (docId: bigint): Promise<bigint> => {
      const each = writeRig({ peers: { findUnchanged: heard } });
      const append = (): Promise<bigint> => each.log.append('u1', 's', { headers: {}, body: new Uint8Array() });
      await append();
      return (await findUnchanged(contents, each.parts, deadlineOf())).sequence;

      async function heard(): Promise<{ docIds: Buffer }> {
        await append();
        return { docIds: longs(docId, 0n, 0n, 0n, 0n) };
      }
    };
    assert.deepEqual([await sequenceFor(4_096n), await sequenceFor(0n)], [2n, 0n]);
  });

  it('asks nobody while nothing was ever written', async () => {
    assert.deepEqual(await find({ peers: {} }, deadlineOf(), true), [0n, 0n, 0n, 0n, 0n]);
  });

  it('takes trouble for no answer', async () => {
    for (const code of ['UNAVAILABLE', 'DEADLINE_EXCEEDED', 'INTERNAL'] as const) {
      const peers = { findUnchanged: () => Promise.reject(new ShoalError(code, 'trouble')) };
      assert.deepEqual(await find({ peers }), [0n, 0n, 0n, 0n, 0n]);
    }
  });

  it('waits no longer than 50 ms, unless the caller is gone before', async () => {
    const waits: number[] = [];
    const patient = async (_: string, __: unknown, deadline: Deadline): Promise<never> => {
      waits.push(deadline.remainingMs());
      deadline.cancel();
      throw deadline.ended!;
    };
    await find({ peers: { findUnchanged: patient } });
    assert.deepEqual(waits, [50]);
    const caller = deadlineOf();
    const leaving = async (): Promise<never> => {
      caller.cancel();
      throw new ShoalError('CANCELLED', 'gone');
    };
    await assert.rejects(find({ peers: { findUnchanged: leaving } }, caller), { code: 'CANCELLED' });
  });
});
