/** A broken belief is an INTERNAL error that names the belief. */
import nodeAssert from 'node:assert/strict';
import { assert, present, unreachable } from '../../../base/assert.js';

describe('assert', () => {
  it('lets a true belief pass', () => assert(true, 'one is one'));
  it('names the belief that does not hold', () => {
    nodeAssert.throws(() => assert(false, 'one is two'), { code: 'INTERNAL', message: 'assertion failed: one is two' });
  });
});

describe('present', () => {
  it('gives back values that are merely falsy', () => {
    nodeAssert.equal(present(0, 'count'), 0);
    nodeAssert.equal(present('', 'text'), '');
    nodeAssert.equal(present(false, 'flag'), false);
  });
  it('refuses null and undefined by name', () => {
    nodeAssert.throws(() => present(null, 'the shard'), {
      code: 'INTERNAL',
      message: 'assertion failed: the shard is present',
    });
    nodeAssert.throws(() => present(undefined, 'the shard'), { code: 'INTERNAL' });
  });
});

describe('unreachable', () => {
  it('shows the value that no case expected', () => {
    nodeAssert.throws(() => unreachable('sideways' as never), {
      message: 'assertion failed: unexpected value sideways',
    });
  });
});
