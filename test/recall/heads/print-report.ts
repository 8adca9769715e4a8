/** Figures of several collections on standard output: a Markdown table, or JSON. */
import { mean } from './collections.js';

/** What each row is called, and its figure for each collection. */
export type ReportColumns = Map<string, number[]>;

export function printReport(columns: ReportColumns, collections: readonly string[], isJson: boolean): void {
  if (isJson) {
    const rows = [...columns].map(([name, figures]) => ({ name, figures, mean: mean(figures) }));
    process.stdout.write(`${JSON.stringify({ collections, rows })}\n`);
    return;
  }
  process.stdout.write(`| | ${collections.join(' | ')} | mean |\n`);
  for (const [row, figures] of columns) {
    process.stdout.write(
      `| ${row} | ${[...figures, mean(figures)].map((figure) => figure.toFixed(4)).join(' | ')} |\n`,
    );
  }
}
