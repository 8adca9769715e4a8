/** What the file system refuses is told as an error of ours: what was to be written where, and what to do about it. */
import { ShoalError, type ErrorCode } from '../../base/errors.js';

/** A failed call of the system. */
export interface SystemFailure {
  /** Such as ENOSPC. */
  readonly code: string;
  /** Such as rename. */
  readonly syscall: string;
  readonly message: string;
}

/** Runs `work`; a failed call of the system is thrown as the error with the code and message of `refusal`, all else as it is. */
export async function telling<T>(
  refusal: (failure: SystemFailure) => readonly [ErrorCode, string],
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const { code, syscall, message } = error as NodeJS.ErrnoException;
    if (syscall === undefined || code === undefined) throw error;
    throw new ShoalError(...refusal({ code, syscall, message }), { cause: error });
  }
}
