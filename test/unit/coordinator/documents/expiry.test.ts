/** What is expired is deleted through the log, again and again, and trouble with one collection is none of the others. */
import assert from 'node:assert/strict';
import { ShoalError } from '../../../../base/errors.js';
import { headersOf } from '../../../../cluster/log/record-headers.js';
import { ExpirySweeper, sweepExpired } from '../../../../coordinator/documents/expiry.js';
import type { Filter } from '../../../../proto/generated/shoal/v1/filter.js';
import type { ListRowsRequest, ListRowsResponse } from '../../../../proto/generated/shoal/v1/shard.js';
import { deadlineOf, longs, silent } from '../fixtures.js';
import { writeRig, type WriteRig } from '../write-rig.js';

interface Rig extends WriteRig {
  readonly filters: (Filter | undefined)[];
  failure: ShoalError | null;
}

function rig(expiresBy = 'until'): Rig {
  const state = { filters: [] as (Filter | undefined)[], failure: null as ShoalError | null };
  const listRows = async (_: string, { filter }: ListRowsRequest): Promise<ListRowsResponse> => {
    if (state.failure !== null) throw state.failure;
    state.filters.push(filter);
    return { ids: ['a'], docIds: longs(4_096n), primary: Buffer.of(1), contentHashes: longs(0n), done: true };
  };
  const awaitCommitted = async () => ({ caused: 0n, epoch: 1n, last: [] });
  return Object.assign(state, writeRig({ settings: { expiresBy }, peers: { listRows, awaitCommitted } }));
}

const turns = async (): Promise<void> => {
  for (let i = 0; i < 20; i += 1) await new Promise((resolve) => setImmediate(resolve));
};

describe('sweeping expired documents', () => {
  it('deletes them a minute later, in the version that was found', async () => {
    const each = rig();
    assert.equal(await sweepExpired(each.settings, each.parts, deadlineOf()), 0);
    const headers = headersOf(each.log.entries[0]!);
    assert.ok(headers.operation === 'delete');
    assert.deepEqual([headers.ids, [...headers.conditions]], [['a'], [4_096n]]);
    const { comparison } = each.filters[0]!;
    assert.equal(comparison?.attribute, 'until');
    assert.deepEqual(comparison?.values[0]?.timestampValue, new Date(each.clock.wallMs() - 60_000));
  });

  it('looks at no collection whose documents stay', async () => {
    const each = rig('');
    assert.equal(await sweepExpired(each.settings, each.parts, deadlineOf()), 0);
    assert.equal(each.filters.length, 0);
  });
});

describe('the sweeper', () => {
  it('sweeps again and again, also after trouble, until it is closed', async () => {
    const each = rig();
    const sweeper = new ExpirySweeper({ ...each.parts, logger: silent }, 1_000);
    await each.clock.advance(999);
    assert.equal(each.filters.length, 0);
    await each.clock.advance(1);
    await turns();
    assert.equal(each.filters.length, 1);
    each.failure = new ShoalError('UNAVAILABLE', 'no replica');
    await each.clock.advance(1_000);
    await turns();
    each.failure = null;
    await each.clock.advance(1_000);
    await turns();
    assert.equal(each.filters.length, 2);
    await sweeper.close();
    await sweeper.close();
    await each.clock.advance(10_000);
    await turns();
    assert.equal(each.filters.length, 2);
    assert.equal(each.clock.pending, 0);
  });
});
