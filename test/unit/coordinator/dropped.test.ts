/** Who writes to a collection that is dropped hears that, and who has another trouble hears of that. */
import assert from 'node:assert/strict';
import { ShoalError, type ErrorCode } from '../../../base/errors.js';
import { keys } from '../../../cluster/keys.js';
import type { RegistryEntry } from '../../../cluster/registry.js';
import { refuseIfDropped, unlessDropped } from '../../../coordinator/dropped.js';
import { WriteResult } from '../../../proto/generated/shoal/v1/documents.js';
import { registryOf, settings } from './fixtures.js';

const key = keys.setting('u1');
const there = registryOf(new Map<string, RegistryEntry>([[key, { key, value: new Uint8Array(), revision: 1n }]]));
const gone = registryOf(new Map());
const failing = (code: ErrorCode) => () => Promise.reject(new ShoalError(code, 'trouble'));
const dropped = { code: 'NOT_FOUND', message: /^collection 'notes' was dropped meanwhile/ };

describe('work on a collection', () => {
  it('gives its value, and its error while the collection is there', async () => {
    assert.equal(await unlessDropped(settings(), gone, async () => 7), 7);
    await assert.rejects(unlessDropped(settings(), there, failing('UNAVAILABLE')), { code: 'UNAVAILABLE' });
  });

  it('says that the collection was dropped where that is why', async () => {
    for (const code of ['UNAVAILABLE', 'NOT_FOUND', 'INTERNAL', 'DEADLINE_EXCEEDED'] as const) {
      await assert.rejects(unlessDropped(settings(), gone, failing(code)), dropped);
    }
    await assert.rejects(unlessDropped(settings(), gone, failing('INVALID_ARGUMENT')), { message: 'trouble' });
  });

  it('says so too where single documents failed', async () => {
    const result = (status: number): WriteResult => WriteResult.fromPartial({ status });
    await assert.rejects(refuseIfDropped([result(0), result(14)], settings(), gone), dropped);
    await refuseIfDropped([result(0), result(14)], settings(), there);
    await refuseIfDropped([result(0), result(3), result(9)], settings(), gone);
  });
});
