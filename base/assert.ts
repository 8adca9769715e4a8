/** Checks that a programmer's belief holds. A failed assert is a defect of Shoal, never a user's mistake. */
import { ShoalError } from './errors.js';

/** Throws INTERNAL with `belief` unless `condition` holds. One condition an assert. */
export function assert(condition: boolean, belief: string): asserts condition {
  if (!condition) throw new ShoalError('INTERNAL', `assertion failed: ${belief}`);
}

/** `value`, which must not be null or undefined; `what` names it in the message. */
export function present<T>(value: T | null | undefined, what: string): T {
  assert(value !== null && value !== undefined, `${what} is present`);
  return value;
}

/** The end of an exhaustive switch: unreachable for the type checker, INTERNAL at run time. */
export function unreachable(value: never): never {
  throw new ShoalError('INTERNAL', `assertion failed: unexpected value ${String(value)}`);
}
