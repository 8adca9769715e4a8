/** Asserts how something fails: the code of its ShoalError and, where given, its message. */
import assert from 'node:assert/strict';
import { ShoalError, type ErrorCode } from '../../base/errors.js';

export async function rejectsWith(promise: Promise<unknown>, code: ErrorCode, message?: RegExp): Promise<ShoalError> {
  try {
    await promise;
  } catch (thrown) {
    if (!(thrown instanceof ShoalError)) throw thrown;
    assert.equal(thrown.code, code, thrown.message);
    if (message !== undefined) assert.match(thrown.message, message);
    return thrown;
  }
  return assert.fail(`expected ${code}, but nothing was thrown`);
}
