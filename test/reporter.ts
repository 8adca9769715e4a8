/**
 * Shows a folder's tests while they run: a dot each, the name of a failed one at once, its full diff at the end.
 *
 * Also collects the results, which the suite sums up over all folders.
 */
import Mocha from 'mocha';
import { skipReasonOf } from './skip.js';
import type { FolderResults } from './results.js';

const lineWidth = 100;

export class Reporter {
  readonly results: { passed: number; failures: { title: string }[]; skipped: { title: string; reason: string }[] } = {
    passed: 0,
    failures: [],
    skipped: [],
  };
  readonly #failed: Mocha.Test[] = [];
  #column = 0;

  constructor(runner: Mocha.Runner) {
    runner.on('pass', () => this.#pass());
    runner.on('fail', (test: Mocha.Test, error: unknown) => this.#fail(test, error));
    runner.on('pending', (test: Mocha.Test) => this.#skip(test));
    runner.once('end', () => this.#end());
  }

  #pass(): void {
    this.results.passed += 1;
    this.#mark('.');
  }

  #fail(test: Mocha.Test, error: unknown): void {
    test.err = error instanceof Error ? error : new Error(String(error));
    this.#failed.push(test);
    this.results.failures.push({ title: test.fullTitle() });
    this.#breakLine();
    process.stdout.write(`  failed: ${test.fullTitle()}\n`);
  }

  #skip(test: Mocha.Test): void {
    this.results.skipped.push({ title: test.fullTitle(), reason: skipReasonOf(test) });
    this.#mark('-');
  }

  #end(): void {
    this.#breakLine();
    if (this.#failed.length === 0) return;
    const base = Mocha.reporters.Base as typeof Mocha.reporters.Base & { maxDiffSize: number };
    // 0 = the whole diff, however long.
    base.maxDiffSize = 0;
    base.list(this.#failed);
  }

  #mark(sign: string): void {
    if (this.#column === 0) process.stdout.write('  ');
    process.stdout.write(sign);
    this.#column += 1;
    if (this.#column === lineWidth) this.#breakLine();
  }

  #breakLine(): void {
    if (this.#column > 0) process.stdout.write('\n');
    this.#column = 0;
  }
}

/** The results of a run that could not begin: `error` is its one failure. */
export function failedToLoad(title: string, error: unknown): FolderResults {
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  process.stdout.write(`  failed: ${title}\n${text}\n`);
  return { passed: 0, failures: [{ title }], skipped: [] };
}
