/** Failures of the system become errors that say what to do; others stay what they are. */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { ShoalError } from '../../../../base/errors.js';
import { telling } from '../../../../client/cli/system-failure.js';

describe('telling what the system refuses', () => {
  const refusal = ({ code, syscall }: { code: string; syscall: string }) =>
    ['INVALID_ARGUMENT', `${syscall} gave ${code}; name another file`] as const;

  it('gives the error of the refusal, and keeps its cause', async () => {
    await assert.rejects(
      telling(refusal, () => readFile('no/such/file')),
      (error: Error) =>
        error instanceof ShoalError &&
        error.code === 'INVALID_ARGUMENT' &&
        error.message === 'open gave ENOENT; name another file' &&
        (error.cause as NodeJS.ErrnoException).code === 'ENOENT',
    );
  });

  it('gives the result, and any other error as it is', async () => {
    assert.equal(await telling(refusal, async () => 7), 7);
    const other = new ShoalError('UNAVAILABLE', 'the node is away');
    await assert.rejects(
      telling(refusal, () => Promise.reject(other)),
      other,
    );
  });
});
