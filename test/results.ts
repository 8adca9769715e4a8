/** What one mocha process found, as it hands it to the suite: plain data, so that it crosses the process boundary as JSON. */

export interface FolderResults {
  readonly passed: number;
  readonly failures: readonly { readonly title: string }[];
  readonly skipped: readonly { readonly title: string; readonly reason: string }[];
}

export const nothingRan: FolderResults = { passed: 0, failures: [], skipped: [] };

/** The results of both. */
export function sum(left: FolderResults, right: FolderResults): FolderResults {
  return {
    passed: left.passed + right.passed,
    failures: [...left.failures, ...right.failures],
    skipped: [...left.skipped, ...right.skipped],
  };
}

/** The line that ends the suite. */
export function summaryOf(results: FolderResults): string {
  return `${results.passed} passed, ${results.failures.length} failed, ${results.skipped.length} skipped`;
}
