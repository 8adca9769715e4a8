/** Rows that a filter finds come page by page from every shard, as of all that the log holds. */
import assert from 'node:assert/strict';
import { matchingRows } from '../../../../coordinator/documents/matching.js';
import type { ListRowsRequest, ListRowsResponse } from '../../../../proto/generated/shoal/v1/shard.js';
import { deadlineOf, longs } from '../fixtures.js';
import { writeRig, type WriteRigOptions } from '../write-rig.js';

const structure = { dim: 2, centroids: Float32Array.of(1, 0, 0, 1) };

function page(rows: readonly (readonly [string, bigint, 0 | 1])[], done: boolean): ListRowsResponse {
  return {
    ids: rows.map(([id]) => id),
    docIds: longs(...rows.map(([, docId]) => docId)),
    contentHashes: longs(...rows.map(() => 0n)),
    primary: Buffer.from(rows.map(([, , primary]) => primary)),
    done,
  };
}

async function run(peers: WriteRigOptions['peers'], position = 7n): Promise<string[][]> {
  const each = writeRig({ structure, partitions: 2, peers: peers ?? {} });
  Object.assign(each.log, { state: async () => ({ firstSequence: 1n, lastSequence: position, entries: 1, bytes: 0 }) });
  const pages: string[][] = [];
  for await (const rows of matchingRows({ constant: true }, each.settings, each.parts, deadlineOf())) {
    pages.push(rows.map(({ id, docId }) => `${id}@${docId}`));
  }
  return pages;
}

describe('matching rows', () => {
  it('are those of every shard whose primary passage is there', async () => {
    const asked: ListRowsRequest[] = [];
    const awaitCommitted = async (_: string, { partition, sequence }: { partition: number; sequence: bigint }) => {
      assert.equal(sequence, 7n);
      const last = [
        { subject: 'shoal.u1.1.0', sequence: 6n },
        { subject: 'shoal.u1.1.1', sequence: 12n },
      ];
      return { caused: partition === 1 ? 9n : 0n, epoch: 1n, last };
    };
    const listRows = async (_: string, request: ListRowsRequest): Promise<ListRowsResponse> => {
      asked.push(request);
      if (request.ref?.shard === 1)
        return page(
          [
            ['c', 8n, 1],
            ['a', 9n, 0],
          ],
          true,
        );
      return request.after === 0n
        ? page(
            [
              ['a', 3n, 1],
              ['b', 4n, 1],
            ],
            false,
          )
        : page([['d', 5n, 0]], true);
    };
    assert.deepEqual(await run({ awaitCommitted, listRows }), [['a@3', 'b@4'], ['c@8']]);
    assert.deepEqual(
      asked.map(({ ref, after, required }) => [ref?.shard, after, required[0]?.sequence]),
      [
        [0, 0n, 6n],
        [0, 4n, 6n],
        [1, 0n, 9n],
      ],
    );
    assert.deepEqual(asked[0]?.filter, { constant: true });
  });

  it('of an empty log need no directory', async () => {
    assert.deepEqual(await run({ listRows: async () => page([], true) }, 0n), []);
  });
});
