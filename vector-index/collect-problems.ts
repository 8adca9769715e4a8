/** Checking many files one after the other: what is wrong with one of them is noted, and the others are checked all the same. */
import { ShoalError } from '../base/errors.js';

/**
 * The result of `work`; undefined when it found damage or a newer format, or when the system could not read a file, whose message is
 * added to `problems`. Any other error is thrown on.
 */
export async function collecting<T>(problems: string[], work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work();
  } catch (error) {
    const isOfFile = error instanceof ShoalError || (error instanceof Error && 'syscall' in error);
    if (!isOfFile) throw error;
    problems.push(error.message);
    return undefined;
  }
}
