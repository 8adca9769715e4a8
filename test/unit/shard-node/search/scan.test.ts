/** The first stage over a real index: candidates of each shard, or why it has none. */
import assert from 'node:assert/strict';
import { hashText } from '../../../../base/hash.js';
import { systemClock } from '../../../../base/clock.js';
import { Deadline } from '../../../../base/deadline.js';
import { scan } from '../../../../shard-node/search/scan.js';
import type { SubjectMark } from '../../../../proto/generated/shoal/v1/directory.js';
import { ScanRequest } from '../../../../proto/generated/shoal/v1/shard.js';
import { floats, logDocument, longs, mark, noBytes, ref, uid, withDocuments, words } from '../fixtures.js';

const documents = [
  logDocument('a', { dense: floats(1, 0), sparse: { termIds: words(1), weights: floats(2) } }),
  logDocument('b', { dense: floats(3, 0) }),
  logDocument('c', { dense: floats(1, 0), sparse: { termIds: words(1, 5), weights: floats(1, 1) } }),
];

function request(changes: Parameters<typeof ScanRequest.fromPartial>[0] = {}): ScanRequest {
  const shards = [{ ref, lists: words(0), dense: true, sparse: true }];
  return ScanRequest.fromPartial({
    uid,
    shards,
    k: 10,
    dense: floats(1, 0),
    sparse: { termIds: words(1), weights: floats(0.5) },
    ...changes,
  });
}

describe('a scan', () => {
  it('gives the best of both stages, ties by smaller docId, with the hashes of their ids', () =>
    withDocuments(documents, async (replicas, { deadline }) => {
      const { shards } = await scan(request(), replicas, deadline);
      assert.deepEqual(shards, [
        {
          shard: 0,
          status: 0,
          message: '',
          dense: {
            docIds: longs(4_097n, 4_096n, 4_098n),
            idHashes: longs(...['b', 'a', 'c'].map(hashText)),
            scores: floats(3, 1, 1),
            passages: noBytes,
          },
          sparse: {
            docIds: longs(4_096n, 4_098n),
            idHashes: longs(...['a', 'c'].map(hashText)),
            scores: floats(1, 0.5),
            passages: noBytes,
          },
          applied: 1n,
          behind: false,
        },
      ]);
      const [one] = (await scan(request({ k: 1 }), replicas, deadline)).shards;
      assert.deepEqual([one?.dense?.docIds, one?.sparse?.docIds], [longs(4_097n), longs(4_096n)]);
    }));

  it('does only the stages that a shard is asked for, and for which there is input', () =>
    withDocuments(documents, async (replicas, { deadline }) => {
      const [dense] = (await scan(request({ shards: [{ ref, dense: true, sparse: false }] }), replicas, deadline))
        .shards;
      assert.deepEqual([dense?.dense !== undefined, dense?.sparse], [true, undefined]);
      const [none] = (await scan(request({ dense: Buffer.alloc(0), sparse: undefined }), replicas, deadline)).shards;
      assert.deepEqual([none?.dense, none?.sparse, none?.status], [undefined, undefined, 0]);
    }));

  it('refuses k out of range', () =>
    withDocuments([], async (replicas, { deadline }) => {
      for (const k of [0, 10_001]) {
        await assert.rejects(scan(request({ k }), replicas, deadline), {
          code: 'INVALID_ARGUMENT',
          message: `k is ${k}; it must be 1 to 10000`,
        });
      }
    }));

  it('says in a shard’s part what it cannot do', () =>
    withDocuments(documents, async (replicas, { deadline }) => {
      const unknown = { ref: { shard: 9, generation: 1n }, dense: true };
      const { shards } = await scan(
        request({ shards: [unknown, { ref, dense: true }], dense: floats(1, 0) }),
        replicas,
        deadline,
      );
      assert.deepEqual(
        shards.map(({ shard, status }) => [shard, status]),
        [
          [9, 9],
          [0, 0],
        ],
      );
      const [wrong] = (await scan(request({ dense: floats(1, 2, 3) }), replicas, deadline)).shards;
      assert.deepEqual([wrong?.status, wrong?.message], [3, 'the query vector has 3 dimensions, the collection has 2']);
    }));

  it('looks only at the lists named and at what passes the filter, and counts that', () =>
    withDocuments(
      [
        logDocument('a', { list: 1, dense: floats(1, 0), attributes: { year: { int64Value: 5n } } }),
        logDocument('b', { list: 2, dense: floats(2, 0), attributes: { year: { int64Value: 5n } } }),
        logDocument('c', { list: 2, dense: floats(3, 0) }),
      ],
      async (replicas, { deadline }) => {
        const docIds = async (lists: Buffer, filter?: { has: string }): Promise<unknown[]> => {
          const shards = [{ ref, lists, dense: true, sparse: false }];
          const asked = request({ shards, ...(filter === undefined ? {} : { filter }) });
          const [found] = (await scan(asked, replicas, deadline)).shards;
          return [found?.dense?.docIds, found?.matching];
        };
        assert.deepEqual(await docIds(words(2)), [longs(4_098n, 4_097n), undefined]);
        assert.deepEqual(await docIds(words(2, 1), { has: 'year' }), [longs(4_097n, 4_096n), 2n]);
        assert.deepEqual(await docIds(noBytes, { has: 'age' }), [noBytes, 0n]);
      },
    ));

  it('waits for the positions wanted, within its deadline, of subjects that the replica hears', () =>
    withDocuments(documents, async (replicas, { deadline, write }) => {
      const asked = (required: SubjectMark[]): ScanRequest =>
        request({ shards: [{ ref, dense: true, sparse: true, required }] });
      const waiting = scan(asked(mark(2n)), replicas, deadline);
      await write(logDocument('d', { dense: floats(9, 0) }));
      const [scanned] = (await waiting).shards;
      assert.deepEqual([scanned?.applied, scanned?.dense?.docIds.readBigUInt64LE(0)], [2n, 2n * 4_096n]);
      const [late] = (await scan(asked(mark(99n)), replicas, Deadline.after(systemClock, 20))).shards;
      assert.equal(late?.status, 4);
      const [foreign] = (await scan(asked([{ subject: 'shoal.u1.9.9', sequence: 1n }]), replicas, deadline)).shards;
      assert.deepEqual(
        [foreign?.status, foreign?.message],
        [9, "shard 0 of collection u1 does not hear 'shoal.u1.9.9'; refresh the shard map and ask again"],
      );
    }));
});
