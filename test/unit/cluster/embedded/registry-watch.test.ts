import assert from 'node:assert/strict';
import { EmbeddedWatch } from '../../../../cluster/embedded/registry-watch.js';
import type { RegistryEvent } from '../../../../cluster/registry.js';

const event = (key: string): RegistryEvent => ({ kind: 'delete', key, revision: 1n });

describe('an embedded watch', () => {
  it('gives what was present first, even when that is nothing', async () => {
    const watch = new EmbeddedWatch('a/', [], () => undefined);
    const iterator = watch[Symbol.asyncIterator]();
    assert.deepEqual((await iterator.next()).value, []);
    await watch.close();
  });

  it('gives batches that came before it was read, in order, without foreign keys', async () => {
    const watch = new EmbeddedWatch('a/', [], () => undefined);
    watch.deliver([event('a/1'), event('b')]);
    watch.deliver([event('b')]);
    watch.deliver([event('a/2')]);
    const seen = [];
    for await (const batch of watch) {
      seen.push(batch);
      if (seen.length === 3) await watch.close();
    }
    assert.deepEqual(seen, [[], [event('a/1')], [event('a/2')]]);
  });

  it('tells when it is closed', async () => {
    let isClosed = false;
    await new EmbeddedWatch('', [], () => (isClosed = true)).close();
    assert.ok(isClosed);
  });
});
