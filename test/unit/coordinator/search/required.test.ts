/** A reader sees what was written up to a position: what is waited for, by whom, and what can go wrong. */
import assert from 'node:assert/strict';
import { ShoalError } from '../../../../base/errors.js';
import type { ClusterMap } from '../../../../cluster/shard-map/cluster-map.js';
import type { ClusterView } from '../../../../cluster/shard-map/cluster-view.js';
import type { Peers } from '../../../../coordinator/peers.js';
import {
  checkSequenceUid,
  marksFor,
  requiredFor,
  requiredOrUnknown,
  type RequiredParts,
} from '../../../../coordinator/search/required.js';
import { AwaitCommittedResponse, type AwaitCommittedRequest } from '../../../../proto/generated/shoal/v1/directory.js';
import { deadlineOf, mapOf, partition, peersOf, placement, servingMap, settings, uid, viewOf } from '../fixtures.js';

type Answer = Parameters<typeof AwaitCommittedResponse.fromPartial>[0];

function partsOf(
  answer: (request: AwaitCommittedRequest) => Answer,
  view: ClusterView = viewOf(servingMap(2, 2)),
): RequiredParts & { readonly asked: AwaitCommittedRequest[] } {
  const asked: AwaitCommittedRequest[] = [];
  const awaitCommitted: Peers['awaitCommitted'] = async (_, request) => {
    asked.push(request);
    return AwaitCommittedResponse.fromPartial(answer(request));
  };
  return { view, peers: peersOf({ awaitCommitted }), asked };
}

const last = (...sequences: bigint[]): { subject: string; sequence: bigint }[] =>
  sequences.map((sequence, shard) => ({ subject: `shoal.u1.1.${shard}`, sequence }));

describe('what a position requires', () => {
  it('is nothing for none', async () => {
    const parts = partsOf(() => assert.fail('nobody is asked'));
    assert.equal((await requiredFor(uid, 0n, parts, deadlineOf())).marks.size, 0);
  });

  it('is asked of every partition, for the subjects of all shards', async () => {
    const parts = partsOf(() => ({}));
    await requiredFor(uid, 7n, parts, deadlineOf());
    assert.deepEqual(
      parts.asked.map(({ partition: number, sequence, subjects }) => [number, sequence, subjects]),
      [0, 1].map((number) => [number, 7n, ['shoal.u1.1.0', 'shoal.u1.1.1']]),
    );
  });

  it('is min(L, max(S, T)) by the partition that caused the last record', async () => {
    const parts = partsOf(({ partition: number }) =>
      number === 0 ? { caused: 8n, last: last(5n, 6n) } : { caused: 12n, last: last(5n, 20n) },
    );
    const { marks } = await requiredFor(uid, 10n, parts, deadlineOf());
    assert.deepEqual(Object.fromEntries(marks), { 'shoal.u1.1.0': 5n, 'shoal.u1.1.1': 12n });
    const nothingCaused = partsOf(() => ({ caused: 0n, last: last(5n, 20n) }));
    const own = await requiredFor(uid, 10n, nothingCaused, deadlineOf());
    assert.deepEqual(Object.fromEntries(own.marks), { 'shoal.u1.1.0': 5n, 'shoal.u1.1.1': 10n });
    assert.deepEqual(marksFor(placement(1, []), own), [{ subject: 'shoal.u1.1.1', sequence: 10n }]);
    assert.deepEqual(marksFor(placement(2, []), own), []);
  });

  it('waits for a newer map first, and asks again for its shards', async () => {
    const state = { map: servingMap(1) };
    const newer: ClusterMap = mapOf({
      nodes: [...servingMap(1).nodes.values()],
      placements: [placement(0, ['node-0']), { ...placement(1, ['node-0']), epoch: 5n }],
      directories: [partition(0, ['node-0'])],
      directoryStates: [...servingMap(1).directoryStates.values()],
    });
    const view: Partial<ClusterView> = {
      current: () => state.map,
      when: async (look) => {
        state.map = newer;
        return look(newer) ?? assert.fail('the newer map is new enough');
      },
    };
    const parts = partsOf(() => ({ epoch: 5n }), view as ClusterView);
    const { map } = await requiredFor(uid, 7n, parts, deadlineOf());
    assert.equal(map, newer);
    assert.deepEqual(
      parts.asked.map(({ subjects }) => subjects.length),
      [1, 2],
    );
  });

  it('is out of range where the log has not come so far', async () => {
    const refusing = partsOf(() => {
      throw new ShoalError('OUT_OF_RANGE', 'position 9 is not given yet, the last one is 4');
    });
    for (const ask of [requiredFor, requiredOrUnknown])
      await assert.rejects(ask(uid, 9n, refusing, deadlineOf()), { code: 'OUT_OF_RANGE', message: /9.*4/ });
  });

  it('is unknown to a search where a partition does not answer, and an error to other readers', async () => {
    const failing = partsOf(({ partition: number }) => {
      if (number === 1) throw new ShoalError('UNAVAILABLE', 'closed');
      return {};
    });
    await assert.rejects(requiredFor(uid, 9n, failing, deadlineOf()), { code: 'UNAVAILABLE', message: /partition 1/ });
    const { unknown, marks } = await requiredOrUnknown(uid, 9n, failing, deadlineOf());
    assert.match(unknown ?? '', /^what position 9 needs is not known: partition 1 .* closed$/);
    assert.equal(marks.size, 0);
  });
});

describe('the collection of a position', () => {
  it('is the one that is read', () => {
    checkSequenceUid({ uid, sequence: 1n }, settings());
    checkSequenceUid({ uid: '', sequence: 1n }, settings());
    assert.throws(() => checkSequenceUid({ uid: 'u0', sequence: 1n }, settings()), {
      code: 'FAILED_PRECONDITION',
      message: "min_sequence belongs to uid u0, collection 'notes' is now u1; drop min_sequence or write again",
    });
  });
});
