import assert from 'node:assert/strict';
import { uint32From } from '../../../../base/bytes.js';
import type { Question } from '../../../../coordinator/search/question.js';
import type { Required } from '../../../../coordinator/search/required.js';
import type { Plan } from '../../../../coordinator/search/route.js';
import { scatter, seenMarks, type Scattered } from '../../../../coordinator/search/scatter.js';
import { ScanResponse, ShardScan, type ScanRequest } from '../../../../proto/generated/shoal/v1/shard.js';
import {
  columns,
  deadlineOf,
  fanOutOf,
  floats,
  foundBy,
  peersOf,
  placement,
  planOf,
  question,
  servingMap,
  uid,
  wire,
  words,
} from '../fixtures.js';

interface Case {
  readonly question?: Partial<Question>;
  readonly plan?: Partial<Plan>;
  readonly required?: Partial<Required>;
  readonly answer?: (shard: number, lists: readonly number[]) => Partial<ShardScan>;
}

async function run(each: Case): Promise<Scattered & { readonly requests: readonly ScanRequest[] }> {
  const requests: ScanRequest[] = [];
  const map = servingMap(2);
  const peers = peersOf({
    scan: async (_, request) => {
      requests.push(request);
      const shards = request.shards.map(({ ref, lists }) => {
        const shard = ref?.shard ?? 0;
        return { shard, ...each.answer?.(shard, [...uint32From(lists, 'lists')]) };
      });
      return ScanResponse.fromPartial({ shards });
    },
  });
  const required = { ...foundBy(map).required, ...each.required };
  const parts = { peers, fanOut: fanOutOf(map), required, deadline: deadlineOf() };
  const plan = { ...planOf(map), ...each.plan };
  return { ...(await scatter(plan, question(each.question), wire(), parts)), requests };
}

describe('scattering', () => {
  it('asks each shard for its full share of candidates at its generation', async () => {
    const { requests, answers, missing, listsMissing, nodes } = await run({
      question: { candidates: 40 },
      required: { marks: new Map([['shoal.u1.1.1', 9n]]) },
      answer: (shard) => (shard === 0 ? { applied: 4n } : { status: 14, message: 'closed' }),
    });
    assert.deepEqual(requests, [
      {
        uid,
        shards: [0, 1].map((shard) => ({
          ref: { shard, generation: 1n },
          lists: words(shard),
          dense: true,
          sparse: true,
          required: shard === 0 ? [] : [{ subject: 'shoal.u1.1.1', sequence: 9n }],
        })),
        dense: floats(1, 0),
        sparse: undefined,
        k: 40,
        filter: undefined,
        structureVersion: 0,
        parametersVersion: 2,
        exact: false,
      },
    ]);
    assert.deepEqual(
      answers.map(({ shard, applied }) => [shard, applied]),
      [[0, 4n]],
    );
    assert.deepEqual(missing, new Map([[1, 'node node-0: closed']]));
    assert.deepEqual([listsMissing, nodes], [[1], new Map([[0, 'node-0']])]);
  });

  it('asks nobody, and leaves every shard a hole, where nobody can say what to wait for', async () => {
    const { requests, missing, listsMissing } = await run({ required: { unknown: 'no partition answers' } });
    assert.deepEqual([requests, listsMissing], [[], [0, 1]]);
    assert.deepEqual([...missing.values()], ['shard 0: no partition answers', 'shard 1: no partition answers']);
  });
});

describe('scattering to some of the lists', () => {
  const filter = { constant: true };
  /** Shard 0 has lists 0 and 2, of which 0 is probed, and shard 1 list 1, which is not. */
  const map = servingMap(2);
  const narrow: Partial<Plan> = {
    shards: [{ placement: placement(0, ['node-0'], [0, 2]), lists: Uint32Array.of(0), dense: true, sparse: true }],
    lists: [0],
    listsTotal: 3,
    placements: [placement(0, ['node-0'], [0, 2]), ...planOf(map).placements.slice(1)],
  };

  it('asks the other lists too where fewer documents are in those probed than are wanted', async () => {
    const answer = (_: number, lists: readonly number[]) => ({ dense: columns([BigInt(lists[0]! + 1), 1n, 1]) });
    const few = await run({ question: { k: 2 }, plan: narrow, answer });
    assert.deepEqual([few.requests.length, few.plan.lists], [2, [0, 1, 2]]);
    const enough = await run({ question: { k: 1 }, plan: narrow, answer });
    assert.deepEqual([enough.requests.length, enough.plan.lists], [1, [0]]);
    const asTold = await run({ question: { k: 2, nprobe: 1 }, plan: narrow, answer });
    assert.deepEqual([asTold.requests.length, asTold.plan.lists], [1, [0]]);
    const hole = await run({ question: { k: 2 }, plan: narrow, answer: () => ({ status: 14, message: 'closed' }) });
    assert.deepEqual([hole.requests.length, hole.listsMissing], [1, [0]]);
  });

  it('asks the other lists too where fewer match than are wanted', async () => {
    const { requests, plan, answers } = await run({
      question: { filter, k: 2, offset: 1 },
      plan: narrow,
      answer: (_, lists) => ({ matching: 2n, dense: columns([BigInt(lists[0]! + 1), 1n, 1]) }),
    });
    assert.deepEqual(
      requests.map(({ shards, filter: sent }) => [shards.map(({ lists, sparse }) => [lists, sparse]), sent]),
      [
        [[[words(0), true]], filter],
        [
          [
            [words(2), false],
            [words(1), false],
          ],
          filter,
        ],
      ],
    );
    assert.deepEqual([plan.lists, answers.length], [[0, 1, 2], 3]);
  });

  it('is content where enough match', async () => {
    const { requests, plan } = await run({
      question: { filter, k: 2, offset: 1 },
      plan: narrow,
      answer: () => ({ matching: 3n }),
    });
    assert.deepEqual([requests.length, plan.lists], [1, [0]]);
  });

  it('counts honestly when a shard answers only the first time', async () => {
    const { missing, listsMissing } = await run({
      question: { filter, k: 2 },
      plan: narrow,
      answer: (shard, lists) => (shard === 0 && lists[0] === 2 ? { status: 14, message: 'closed' } : { matching: 1n }),
    });
    assert.deepEqual([missing, listsMissing], [new Map([[0, 'node node-0: closed']]), [2]]);
  });
});

describe('what a replica must know after a scan', () => {
  const required = { marks: new Map([['shoal.u1.1.0', 3n]]) };

  it('is what the scanned one had applied, else what the question requires', () => {
    const at = placement(0, ['a']);
    const answers = [
      ShardScan.fromPartial({ shard: 0, applied: 5n }),
      ShardScan.fromPartial({ shard: 1, applied: 8n }),
    ];
    assert.deepEqual(seenMarks(at, { answers }, required), [{ subject: 'shoal.u1.1.0', sequence: 5n }]);
    assert.deepEqual(seenMarks(at, { answers: [] }, required), [{ subject: 'shoal.u1.1.0', sequence: 3n }]);
    assert.deepEqual(seenMarks(at, { answers: [] }, { marks: new Map() }), []);
  });
});
