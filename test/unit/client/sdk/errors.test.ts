import assert from 'node:assert/strict';
import { errorOfCall } from '../../../../client/sdk/errors.js';
import { ShoalError } from '../../../../base/errors.js';

function serviceError(code: number, details: string): Error {
  return Object.assign(new Error(`${code} ${details}`), { code, details });
}

describe('errors of calls', () => {
  it('keep the code and the message of the cluster', () => {
    const error = errorOfCall(serviceError(5, 'collection x does not exist'), 'h:1');
    assert.equal(error.code, 'NOT_FOUND');
    assert.equal(error.message, 'collection x does not exist');
  });

  it('say where nobody answered and what to do', () => {
    const details =
      'No connection established. Last error: Error: connect ECONNREFUSED 127.0.0.1:7420. Resolution note: ';
    const error = errorOfCall(serviceError(14, details), 'localhost:7420');
    assert.equal(error.code, 'UNAVAILABLE');
    assert.match(
      error.message,
      /^no cluster answers at localhost:7420 \(connect ECONNREFUSED 127\.0\.0\.1:7420\); start one/,
    );
  });

  it('leave an UNAVAILABLE of the cluster as it is', () => {
    assert.equal(errorOfCall(serviceError(14, 'shard 3 did not answer'), 'h:1').message, 'shard 3 did not answer');
  });

  it('say that a write may have happened when time ran out', () => {
    assert.match(errorOfCall(serviceError(4, 'Deadline exceeded after 2s'), 'h:1').message, /may have happened/);
  });

  it('pass other errors through', () => {
    const own = new ShoalError('ABORTED', 'x');
    assert.equal(errorOfCall(own, 'h:1'), own);
    assert.equal(errorOfCall(new Error('y'), 'h:1').code, 'INTERNAL');
  });
});
