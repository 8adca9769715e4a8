/** One error class; its codes are gRPC's and survive the way through a number. */
import assert from 'node:assert/strict';
import { codeOfStatus, errorCodes, ShoalError, type ErrorCode } from '../../../base/errors.js';

describe('error codes', () => {
  it('have the numbers 1 to 16, each once', () => {
    const numbers = Object.values(errorCodes).map((entry) => entry.status);
    assert.deepEqual(numbers, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16]);
  });

  it('come back from their number', () => {
    for (const code of Object.keys(errorCodes) as ErrorCode[])
      assert.equal(codeOfStatus(errorCodes[code].status), code);
  });

  it('are UNKNOWN for numbers outside the table', () => {
    assert.equal(codeOfStatus(0), 'UNKNOWN');
    assert.equal(codeOfStatus(99), 'UNKNOWN');
  });
});

describe('a ShoalError', () => {
  it('carries code, status, message, cause and details', () => {
    const cause = new Error('EIO');
    const error = new ShoalError('DATA_LOSS', 'block 7 is damaged', { cause, details: { block: '7' } });
    assert.equal(error.status, 15);
    assert.equal(error.cause, cause);
    assert.deepEqual(error.details, { block: '7' });
    assert.match(String(error), /^ShoalError: block 7 is damaged/);
  });

  it('has no cause of its own accord', () => assert.equal('cause' in new ShoalError('INTERNAL', 'x'), false));

  it('is made of any thrown value, keeping the value as cause', () => {
    const own = new ShoalError('ABORTED', 'lost the race');
    assert.equal(ShoalError.from(own), own);
    const plain = new Error('no such file');
    assert.equal(ShoalError.from(plain).code, 'INTERNAL');
    assert.equal(ShoalError.from(plain).cause, plain);
    assert.equal(ShoalError.from('a string').message, 'a string');
  });

  it('is CANCELLED for an abort and DEADLINE_EXCEEDED for a timeout', () => {
    assert.equal(ShoalError.from(new DOMException('stop', 'AbortError')).code, 'CANCELLED');
    assert.equal(ShoalError.from(new DOMException('late', 'TimeoutError')).code, 'DEADLINE_EXCEEDED');
  });
});
