/** How a test says why it does not run here: the suite prints the reason, and CI accepts no skipped test at all. */
import type { Context, Runnable, Suite } from 'mocha';

/** The reason is kept on mocha's own object, since a test file may see another instance of this module than the reporter. */
interface Skippable {
  skipReason?: string;
}

/**
 * Skips the running test, or from a `before` hook all tests of its `describe`; `reason` says what is missing and how to get it.
 * Call it as `skipBecause(this, '…')` in a `function ()`.
 */
export function skipBecause(context: Context, reason: string): never {
  const runnable = context.runnable() as Runnable & Skippable & { readonly type?: string };
  const target = ((runnable.type === 'hook' ? runnable.parent : undefined) ?? runnable) as Skippable;
  target.skipReason = reason;
  context.skip();
}

/** The reason that was given for `test` or for a suite around it. */
export function skipReasonOf(test: Runnable): string {
  const own = (test as Skippable).skipReason;
  if (own !== undefined) return own;
  for (let suite: Suite | undefined = test.parent; suite !== undefined; suite = suite.parent) {
    const reason = (suite as Skippable).skipReason;
    if (reason !== undefined) return reason;
  }
  return 'no reason given';
}
