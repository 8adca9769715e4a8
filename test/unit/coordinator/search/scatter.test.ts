import assert from 'node:assert/strict';
import { scatter } from '../../../../coordinator/search/scatter.js';
import { ScanResponse, type ScanRequest } from '../../../../proto/generated/shoal/v1/shard.js';
import { deadlineOf, fanOutOf, floats, peersOf, planOf, question, servingMap, uid, wire, words } from '../fixtures.js';

describe('scattering', () => {
  it('asks each shard for its full share of candidates at its generation', async () => {
    const requests: ScanRequest[] = [];
    const map = servingMap(2);
    const peers = peersOf({
      scan: async (_, request) => {
        requests.push(request);
        return ScanResponse.fromPartial({
          shards: [
            { shard: 0, applied: 4n },
            { shard: 1, status: 14, message: 'closed' },
          ],
        });
      },
    });
    const plan = planOf(map);
    const parts = { peers, fanOut: fanOutOf(map), deadline: deadlineOf() };
    const { answers, missing } = await scatter(plan, question({ candidates: 40, minSequence: 9n }), wire(), parts);
    assert.deepEqual(requests, [
      {
        uid,
        shards: [0, 1].map((shard) => ({
          ref: { shard, generation: 1n },
          lists: words(shard),
          dense: true,
          sparse: true,
        })),
        dense: floats(1, 0),
        sparse: undefined,
        k: 40,
        minSequence: 9n,
      },
    ]);
    assert.deepEqual(
      answers.map(({ shard, applied }) => [shard, applied]),
      [[0, 4n]],
    );
    assert.deepEqual(missing, new Map([[1, 'node node-0: closed']]));
  });
});
