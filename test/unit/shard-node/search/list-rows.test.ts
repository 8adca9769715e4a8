/** Ids and versions of a shard, page after page. */
import assert from 'node:assert/strict';
import { ListRowsRequest } from '../../../../proto/generated/shoal/v1/shard.js';
import { checkPage, listRows } from '../../../../shard-node/search/list-rows.js';
import { floats, logDocument, longs, mark, ref, uid, withDocuments } from '../fixtures.js';

const request = (changes: Parameters<typeof ListRowsRequest.fromPartial>[0] = {}): ListRowsRequest =>
  ListRowsRequest.fromPartial({ uid, ref, limit: 10, ...changes });
const passage = (changes: Parameters<typeof logDocument>[1]): ReturnType<typeof logDocument> =>
  logDocument('p', { text: '', passage: 1, dense: floats(0, 1), ...changes });

describe('listing the rows of a shard', () => {
  it('gives a row for each document, and says where the primary passage is', () =>
    withDocuments(
      [logDocument('a', { further: [passage({ passage: 2 })] }), logDocument('b'), passage({ passage: 3 })],
      async (replicas, { deadline }) => {
        const rows = await listRows(request(), replicas, deadline);
        assert.deepEqual(rows, {
          ids: ['a', 'b', 'p'],
          docIds: longs(4_096n, 4_097n, 4_098n),
          contentHashes: longs(0n, 0n, 0n),
          primary: Buffer.of(1, 1, 0),
          done: true,
          elsewhere: undefined,
        });
      },
    ));

  it('goes on after a docId, and knows when nothing follows', () =>
    withDocuments([logDocument('a'), logDocument('b'), logDocument('c')], async (replicas, { deadline }) => {
      const page = async (after: bigint, limit: number): Promise<unknown[]> => {
        const { ids, done } = await listRows(request({ after, limit }), replicas, deadline);
        return [ids, done];
      };
      assert.deepEqual(await page(0n, 2), [['a', 'b'], false]);
      assert.deepEqual(await page(4_097n, 1), [['c'], true]);
      assert.deepEqual(await page(4_098n, 1), [[], true]);
    }));

  it('gives only what matches, of a replica that has applied what is required', () =>
    withDocuments([logDocument('a')], async (replicas, { write, deadline }) => {
      const waiting = listRows(request({ filter: { has: 'year' }, required: mark(2n) }), replicas, deadline);
      await write(logDocument('b'), logDocument('c', { attributes: { year: { int64Value: 1n } } }));
      assert.deepEqual((await waiting).ids, ['c']);
    }));

  it('refuses a page out of range', () => {
    for (const limit of [0, 4_097]) {
      assert.throws(() => checkPage(limit), {
        code: 'INVALID_ARGUMENT',
        message: `limit is ${limit}; it must be 1 to 4096`,
      });
    }
    checkPage(4_096);
  });
});
