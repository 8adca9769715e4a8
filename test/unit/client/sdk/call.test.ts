import assert from 'node:assert/strict';
import { systemClock } from '../../../../base/clock.js';
import { unary, type UnaryMethod } from '../../../../client/sdk/call.js';

const target = { address: 'h:1', clock: { ...systemClock, wallMs: () => 1_000 }, deadlineMs: 50 };

describe('a unary call', () => {
  it('has the deadline of the target unless it names its own', async () => {
    const seen: unknown[] = [];
    const method: UnaryMethod<string, string> = (request, _meta, options, done) => {
      seen.push(options.deadline);
      done(null, `${request}!`);
    };
    assert.equal(await unary(target, method, 'a'), 'a!');
    await unary(target, method, 'a', 500);
    assert.deepEqual(seen, [1_050, 1_500]);
  });

  it('rejects with a ShoalError', async () => {
    const method: UnaryMethod<string, string> = (_request, _meta, _options, done) =>
      done(Object.assign(new Error('x'), { code: 6, details: 'the name is taken' }) as never, '');
    await assert.rejects(unary(target, method, 'a'), { code: 'ALREADY_EXISTS', message: 'the name is taken' });
  });
});
