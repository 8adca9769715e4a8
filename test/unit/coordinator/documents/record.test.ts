/** A document is read whole, from every shard that has a passage of it, or not yet. */
import assert from 'node:assert/strict';
import { readRecord, type StoredRecord } from '../../../../coordinator/documents/record.js';
import type { Peers } from '../../../../coordinator/peers.js';
import { LogDocument } from '../../../../proto/generated/shoal/v1/log.js';
import { FetchResponse, type FetchRequest, type ListRowsResponse } from '../../../../proto/generated/shoal/v1/shard.js';
import { deadlineOf, longs, words } from '../fixtures.js';
import { writeRig } from '../write-rig.js';

const structure = { dim: 2, centroids: Float32Array.of(1, 0, 0, 1, -1, 0) };
const docId = 4_096n;

interface Case {
  /** What the directory says that is there in this content. */
  readonly unchanged?: bigint;
  readonly located?: bigint;
  readonly fetched?: bigint;
}

async function run({ unchanged = docId, located = docId, fetched = docId }: Case = {}): Promise<{
  record: StoredRecord | null;
  fetches: FetchRequest[];
}> {
  const fetches: FetchRequest[] = [];
  const state = { located };
  const passages: Record<number, LogDocument> = {
    0: LogDocument.fromPartial({ id: 'a', text: 'words', further: [{ passage: 2 }] }),
    2: LogDocument.fromPartial({ id: 'a', passage: 1, further: [{ passage: 3 }] }),
  };
  const row: ListRowsResponse = {
    ids: ['a'],
    docIds: longs(docId),
    contentHashes: longs(77n),
    primary: Buffer.of(1),
    done: true,
  };
  const peers: Partial<Peers> = {
    locate: async () => {
      const marks = [{ subject: 'shoal.u1.1.0', sequence: 1n }];
      const answer = { located: { docIds: longs(state.located), places: words(0), marks } };
      state.located = fetched;
      return answer;
    },
    fetch: async (_, request) => {
      fetches.push(request);
      const shard = request.shards[0]!.ref!.shard;
      const record = passages[shard];
      const documents = record === undefined ? [] : [{ docId: fetched, document: { id: 'a' }, record }];
      return FetchResponse.fromPartial({ shards: [{ shard, documents }] });
    },
    listRows: async (_, { after, limit }) => {
      assert.deepEqual([after, limit], [docId - 1n, 1]);
      return row;
    },
    findUnchanged: async (_, { contentHashes, asOf }) => {
      assert.deepEqual([contentHashes.readBigUInt64LE(0), asOf], [77n, 1n]);
      return { docIds: longs(unchanged) };
    },
  };
  const each = writeRig({ structure, peers });
  await each.log.append('u1', 'shoal.u1.1.2', { headers: {}, body: new Uint8Array() });
  const record = await readRecord('a', each.settings, each.parts, deadlineOf(1_000, each.clock));
  return { record, fetches };
}

describe('the record of a document', () => {
  it('has its passages from every shard, in order, as of all that those shards were told', async () => {
    const { record, fetches } = await run();
    assert.equal(record?.docId, docId);
    assert.deepEqual(
      [record?.document?.text, record?.document?.further.map(({ passage }) => passage)],
      ['words', [1, 2, 3]],
    );
    const required = fetches.map(({ shards }) => [shards[0]!.ref!.shard, shards[0]!.required[0]?.sequence]);
    assert.deepEqual(required, [
      [0, 1n],
      [1, undefined],
      [2, 1n],
    ]);
    assert.ok(fetches.every(({ withRecord }) => withRecord));
  });

  it('has no document while the directory has not heard all its places', async () => {
    assert.deepEqual((await run({ unchanged: 0n })).record, { docId, document: null });
  });

  it('is not there yet when it was replaced between the questions', async () => {
    assert.equal((await run({ fetched: docId + 1n })).record, null);
  });

  it('of an unknown id is NOT_FOUND', async () => {
    await assert.rejects(run({ located: 0n }), { code: 'NOT_FOUND' });
  });
});
