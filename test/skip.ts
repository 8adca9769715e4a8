/** How a test says why it does not run here: the suite prints the reason, and CI accepts no skipped test at all. */
import type { Context, Runnable, Suite } from 'mocha';

const reasons = new WeakMap<object, string>();

/**
 * Skips the running test, or from a `before` hook all tests of its `describe`; `reason` says what is missing and how to get it.
 * Call it as `skipBecause(this, '…')` in a `function ()`.
 */
export function skipBecause(context: Context, reason: string): never {
  const runnable = context.runnable() as Runnable & { readonly type?: string };
  const isHook = runnable.type === 'hook';
  reasons.set(isHook && runnable.parent !== undefined ? runnable.parent : runnable, reason);
  context.skip();
}

/** The reason that was given for `test` or for a suite around it. */
export function skipReasonOf(test: Runnable): string {
  const own = reasons.get(test);
  if (own !== undefined) return own;
  for (let suite: Suite | undefined = test.parent; suite !== undefined; suite = suite.parent) {
    const reason = reasons.get(suite);
    if (reason !== undefined) return reason;
  }
  return 'no reason given';
}
