import assert from 'node:assert/strict';
import { Metadata } from '@grpc/grpc-js';
import { errorCodes, ShoalError, type ErrorCode } from '../../../../base/errors.js';
import { shoalErrorOf, statusOf } from '../../../../cluster/rpc/status.js';

describe('an error on the wire', () => {
  for (const code of Object.keys(errorCodes) as ErrorCode[]) {
    it(`comes back with its code: ${code}`, () => {
      const sent = new ShoalError(code, 'what, why, what to do', { details: { key: 'ä “x”' } });
      const received = shoalErrorOf(serviceError(statusOf(sent)));
      assert.equal(received.code, code);
      assert.equal(received.message, 'what, why, what to do');
      assert.deepEqual(received.details, { key: 'ä “x”' });
    });
  }

  it('hides what a foreign error says', () => {
    const status = statusOf(new TypeError('cannot read /etc/secret'));
    assert.equal(status.code, errorCodes.INTERNAL.status);
    assert.doesNotMatch(status.details, /secret/);
  });

  it('says when to come back in whole seconds, rounded up', () => {
    const status = statusOf(new ShoalError('RESOURCE_EXHAUSTED', 'full', { details: { retryAfterMs: '1200' } }));
    assert.deepEqual(status.metadata.get('retry-after'), ['2']);
  });

  it('cuts a message and leaves out details that no trailer would carry', () => {
    const details = { long: 'x'.repeat(100_000) };
    const status = statusOf(new ShoalError('INVALID_ARGUMENT', 'y'.repeat(100_000), { details }));
    assert.ok(status.details.length <= 4_000);
    assert.deepEqual(shoalErrorOf(serviceError(status)).details, {});
  });

  it('names the peer that cannot be reached', () => {
    const status = { code: errorCodes.UNAVAILABLE.status, details: 'connection refused', metadata: new Metadata() };
    assert.match(
      shoalErrorOf(serviceError(status), 'node:1').message,
      /^node:1 cannot be reached: connection refused$/,
    );
  });

  it('lets a peer that answers say itself why it is unavailable', () => {
    const status = statusOf(new ShoalError('UNAVAILABLE', 'this node trains already; try again'));
    assert.equal(shoalErrorOf(serviceError(status), 'node:1').message, 'this node trains already; try again');
  });

  it('takes a status number outside the table for UNKNOWN', () => {
    const status = { code: 99, details: 'odd', metadata: new Metadata() };
    assert.equal(shoalErrorOf(serviceError(status)).code, 'UNKNOWN');
  });

  it('bears malformed details', () => {
    const metadata = new Metadata();
    metadata.set('shoal-details-bin', Buffer.from('{'));
    const received = shoalErrorOf(serviceError({ code: 5, details: 'x', metadata }));
    assert.equal(received.code, 'NOT_FOUND');
  });
});

function serviceError(status: { code: number; details: string; metadata: Metadata }): Error {
  return Object.assign(new Error(`${status.code}: ${status.details}`), status);
}
