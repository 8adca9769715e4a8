import assert from 'node:assert/strict';
import { processContext } from '../../../../client/cli/context.js';

describe('the context of the process', () => {
  it('hears the first signal', async () => {
    const before = process.listeners('SIGTERM');
    const interrupted = processContext().interrupted();
    const added = process.listeners('SIGTERM').filter((listener) => !before.includes(listener));
    assert.equal(added.length, 1);
    for (const listener of added) listener('SIGTERM');
    assert.equal(await interrupted, 'SIGTERM');
    for (const signal of ['SIGTERM', 'SIGINT']) added.forEach((listener) => process.off(signal, listener));
  });
});
