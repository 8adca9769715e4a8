/** The documents of the final hits; what is gone, or stands twice, makes room for the next candidate. */
import assert from 'node:assert/strict';
import { uint32From, uint64From } from '../../../../base/bytes.js';
import { fetch, type Fetched } from '../../../../coordinator/search/fetch.js';
import type { RankedCandidate } from '../../../../coordinator/search/fuse.js';
import type { Question } from '../../../../coordinator/search/question.js';
import { ShardDocuments, ShardScan } from '../../../../proto/generated/shoal/v1/shard.js';
import {
  deadlineOf,
  fanOutOf,
  foundBy,
  mapOf,
  peersOf,
  placement,
  question,
  ranked,
  replica,
  servingMap,
  shardNode,
} from '../fixtures.js';

interface Rig {
  /** docId → id of the documents that exist. */
  readonly ids: ReadonlyMap<bigint, string>;
  readonly failing?: number;
  /** Documents that fit into one answer of a shard. */
  readonly perAnswer?: number;
}

async function run(
  candidates: readonly RankedCandidate[],
  changes: Partial<Question>,
  { ids, failing, perAnswer = 1_000 }: Rig,
): Promise<Fetched & { readonly found: string[]; readonly asked: bigint[][] }> {
  const asked: bigint[][] = [];
  const peers = peersOf({
    fetch: async (_, { shards }) => ({
      shards: shards.map(({ ref, docIds }) => {
        const shard = ref?.shard ?? 0;
        if (shard === failing) return ShardDocuments.fromPartial({ shard, status: 14, message: 'closed' });
        const all = [...uint64From(docIds, 'docIds')];
        asked.push(all);
        const read = all.slice(0, perAnswer);
        const documents = read.flatMap((docId) =>
          ids.has(docId) ? [{ docId, document: { id: ids.get(docId)! } }] : [],
        );
        return ShardDocuments.fromPartial({ shard, documents, unread: all.length - read.length });
      }),
    }),
  });
  const map = servingMap(2);
  const parts = { peers, fanOut: fanOutOf(map), ...foundBy(map), deadline: deadlineOf() };
  const fetched = await fetch(candidates, question(changes), parts);
  return { ...fetched, found: fetched.hits.map(({ document }) => document.id), asked };
}

const four = [ranked(1n, 0.9), ranked(2n, 0.8, 1), ranked(3n, 0.7), ranked(4n, 0.6, 1)];
const abcd: Rig = {
  ids: new Map([
    [1n, 'a'],
    [2n, 'b'],
    [3n, 'c'],
    [4n, 'd'],
  ]),
};

describe('fetching', () => {
  it('gives the window of the ranking, in its order', async () => {
    assert.deepEqual((await run(four, { k: 2 }, abcd)).found, ['a', 'b']);
    assert.deepEqual((await run(four, { k: 2, offset: 1 }, abcd)).found, ['b', 'c']);
    assert.deepEqual((await run(four, { k: 10, offset: 4 }, abcd)).found, []);
  });

  it('reads no more than the window needs', async () => {
    const { asked } = await run(four, { k: 2 }, abcd);
    assert.deepEqual(asked, [[1n], [2n]]);
  });

  it('lets the next candidate move up where a document is gone', async () => {
    const { found } = await run(
      four,
      { k: 2 },
      {
        ids: new Map([
          [2n, 'b'],
          [4n, 'd'],
        ]),
      },
    );
    assert.deepEqual(found, ['b', 'd']);
  });

  it('gives an id once, its best-ranked version', async () => {
    const { hits } = await run(
      four,
      { k: 3 },
      {
        ids: new Map([
          [1n, 'a'],
          [2n, 'a'],
          [3n, 'c'],
          [4n, 'd'],
        ]),
      },
    );
    assert.deepEqual(
      hits.map(({ docId, document }) => [docId, document.id]),
      [
        [1n, 'a'],
        [3n, 'c'],
        [4n, 'd'],
      ],
    );
  });

  it('leaves out scores below the threshold and keeps the one on it', async () => {
    const { found } = await run(
      [ranked(1n, 0.75), ranked(2n, 0.5, 1), ranked(3n, 0.25)],
      { scoreThreshold: 0.5 },
      abcd,
    );
    assert.deepEqual(found, ['a', 'b']);
  });

  it('asks again for what did not fit into an answer', async () => {
    const { found, asked } = await run([ranked(1n, 3), ranked(3n, 2)], { k: 2 }, { ...abcd, perAnswer: 1 });
    assert.deepEqual(found, ['a', 'c']);
    assert.deepEqual(asked, [[1n, 3n], [3n]]);
  });

  it('goes on without a shard that fails, and says so', async () => {
    const { found, missing } = await run(four, { k: 2 }, { ...abcd, failing: 0 });
    assert.deepEqual(found, ['b', 'd']);
    assert.deepEqual([...missing], [[0, 'node node-0: closed']]);
  });

  it('leaves out the document that the question is about', async () => {
    assert.deepEqual((await run(four, { k: 2, like: 'a' }, abcd)).found, ['b', 'c']);
  });

  it('takes title and text of a further passage from its home', async () => {
    const asked: unknown[] = [];
    const peers = peersOf({
      fetch: async (_, { shards }) => ({
        shards: shards.map(({ ref, docIds, passages }) => {
          const shard = ref?.shard ?? 0;
          asked.push([shard, [...uint64From(docIds, 'docIds')], [...uint32From(passages, 'passages')]]);
          const passage = shard === 0 ? 3 : 0;
          const text = shard === 0 ? {} : { title: 'T', text: 'whole' };
          const found = { docId: 9n, document: { id: 'a', ...text }, passage, start: 5, end: 7, home: 1 };
          return ShardDocuments.fromPartial({ shard, documents: [found] });
        }),
      }),
    });
    const map = servingMap(2);
    const parts = { peers, fanOut: fanOutOf(map), ...foundBy(map), deadline: deadlineOf() };
    const { hits } = await fetch([{ ...ranked(9n, 1), passage: 3 }], question(), parts);
    assert.deepEqual(
      hits.map(({ document, start, end, shard }) => [document.title, document.text, start, end, shard]),
      [['T', 'whole', 5, 7, 0]],
    );
    assert.deepEqual(asked, [
      [0, [9n], [3]],
      [1, [9n], []],
    ]);
  });

  it('asks the replica that was scanned, and any other one to be as far', async () => {
    const requests: { address: string; marks: unknown }[] = [];
    const map = mapOf({
      nodes: [shardNode('a'), shardNode('b')],
      placements: [placement(0, ['a', 'b'])],
      replicas: [replica(0, 'a'), replica(0, 'b')],
    });
    const peers = peersOf({
      fetch: async (address, { shards }) => {
        requests.push({ address, marks: shards[0]?.required });
        const failed = { shard: 0, status: 14, message: 'closed' };
        return { shards: [ShardDocuments.fromPartial(address === 'b:1' ? failed : { shard: 0 })] };
      },
    });
    const answers = [ShardScan.fromPartial({ shard: 0, applied: 7n })];
    const found = foundBy(map, { answers, nodes: new Map([[0, 'b']]) });
    await fetch([ranked(1n, 1)], question(), { peers, fanOut: fanOutOf(map), ...found, deadline: deadlineOf() });
    const marks = [{ subject: 'shoal.u1.1.0', sequence: 7n }];
    assert.deepEqual(requests, [
      { address: 'b:1', marks },
      { address: 'a:1', marks },
    ]);
  });

  it('of no candidate is empty', async () => {
    assert.deepEqual((await run([], {}, abcd)).found, []);
  });
});
