/** Copies are asked one after the other; a late one leaves time for the next. */
import assert from 'node:assert/strict';
import type { Deadline } from '../../../base/deadline.js';
import { ShoalError } from '../../../base/errors.js';
import { firstAnswer } from '../../../coordinator/first-answer.js';
import { FakeClock } from '../../fake-clock.js';
import { deadlineOf } from './fixtures.js';

const never = (deadline: Deadline): Promise<string> =>
  new Promise((_, reject) => {
    deadline.signal.addEventListener('abort', () => reject(ShoalError.from(deadline.signal.reason)));
  });

const ofOneCopy = ({ code }: ShoalError): boolean => code === 'UNAVAILABLE';

describe('the first answer', () => {
  it('is that of the first copy that answers', async () => {
    const asked: string[] = [];
    const ask = async (address: string): Promise<string> => {
      asked.push(address);
      if (address === 'a') throw new ShoalError('UNAVAILABLE', 'closed');
      return `${address}!`;
    };
    assert.deepEqual(await firstAnswer(['a', 'b', 'c'], ask, deadlineOf(), ofOneCopy), { answer: 'b!' });
    assert.deepEqual(asked, ['a', 'b']);
  });

  it('is a failure where no copy answers, or none is there', async () => {
    const ask = (address: string): Promise<string> => Promise.reject(new ShoalError('UNAVAILABLE', address));
    const failed = await firstAnswer(['a', 'b'], ask, deadlineOf(), ofOneCopy);
    assert.equal('failure' in failed && failed.failure?.message, 'b');
    assert.deepEqual(await firstAnswer([], ask, deadlineOf(), ofOneCopy), { failure: null });
  });

  it('is not waited for from a late copy while there are others, a second at most', async () => {
    const clock = new FakeClock();
    const ask = (address: string, deadline: Deadline): Promise<string> =>
      address === 'a' ? never(deadline) : Promise.resolve(address);
    const first = firstAnswer(['a', 'b'], ask, deadlineOf(60_000, clock), ofOneCopy);
    await clock.advance(1_000);
    assert.deepEqual(await first, { answer: 'b' });
  });

  it('ends with the caller’s time and with the caller’s mistakes', async () => {
    const clock = new FakeClock();
    const late = firstAnswer(['a', 'b'], (_, deadline) => never(deadline), deadlineOf(100, clock), ofOneCopy);
    const ended = assert.rejects(late, { code: 'DEADLINE_EXCEEDED' });
    await clock.advance(50);
    await clock.advance(50);
    await ended;
    const wrong = (): Promise<string> => Promise.reject(new ShoalError('INVALID_ARGUMENT', 'wrong'));
    await assert.rejects(firstAnswer(['a', 'b'], wrong, deadlineOf(), ofOneCopy), { code: 'INVALID_ARGUMENT' });
  });
});
