/** What codes of so many bytes find. */
import { figure } from '../figures.js';
import type { Part, Series } from '../findings.js';
import { commandText, runProgram } from '../program.js';

interface Row {
  readonly system: string;
  readonly codec: string;
  readonly bytes: number;
  readonly querySet: string;
  readonly 'recall10@10': number;
  readonly 'recall10@100': number;
}

const sizes = ['--queries-limit', '1000', '--seconds', '60'];

export const bytes: Part = {
  name: 'bytes',
  title: 'Recall by bytes of a vector',
  text: `117,791 glosses, every vector scanned: share of the exact ten nearest among the first 10 and the first 100 that the codes give; bytes are those of
codes and factors, without ids. *sentences* are quoted examples, near the data; *words* are lemmas, far from it. \`queries\` in a codec's name: training
queries had a part in its anchors; \`PQ4x4\` and \`PQ4x8\`: first codes alone, in words of four and eight dimensions, before and after Distill-VQ, which
leaves the bytes as they are; it learned from words, and what it gains for these it may cost sentences. Peers are added by \`--peers faiss\` of the same benchmark, which installs them.`,
  run: async ({ isQuick, progress }) => {
    const args = ['test/bench/main.ts', 'compression', '--json', ...(isQuick ? ['--smoke'] : sizes)];
    return { commands: [commandText(args)], ...found((await runProgram(args, progress)) as { rows: Row[] }) };
  },
};

function found({ rows }: { readonly rows: readonly Row[] }): Omit<Awaited<ReturnType<Part['run']>>, 'commands'> {
  const measured = rows.filter(({ bytes: size }) => size !== undefined);
  const sets = [...new Set(measured.map(({ querySet }) => querySet))];
  return {
    seeds: { structure: 7, 'Distill-VQ': 1 },
    tables: sets.map((set) => ({
      title: `Asked by ${set}`,
      head: ['codec', 'bytes', 'R10@10', 'R10@100'],
      rows: measured
        .filter(({ querySet }) => querySet === set)
        .map((row) => [
          `${row.system} ${row.codec}`,
          String(row.bytes),
          figure(row['recall10@10']),
          figure(row['recall10@100']),
        ]),
    })),
    plots: sets.flatMap((set) => {
      const own = measured.filter(({ querySet }) => querySet === set);
      const axes = { x: 'bytes of a vector', y: 'R10@10', isLogarithmic: true };
      return [
        {
          ...{ name: `bytes-${set}`, title: `Recall by bytes, asked by ${set}`, ...axes },
          series: seriesOf(own.filter(({ codec }) => !isFirstAlone(codec))),
        },
        {
          ...{ name: `distilled-${set}`, title: `First codes before and after Distill-VQ, asked by ${set}`, ...axes },
          series: seriesOf(own.filter(({ codec }) => isFirstAlone(codec))),
        },
      ];
    }),
  };
}

/** Of the codecs that Distill-VQ is measured on, before and after it. */
function isFirstAlone(codec: string): boolean {
  return /PQ4x\d+( distill-vq)?$/.test(codec);
}

/** A line for each kind of codec, through all its sizes. */
function seriesOf(rows: readonly Row[]): Series[] {
  const kinds = new Map<string, (readonly [number, number])[]>();
  for (const row of rows) {
    const name = kindOf(row);
    kinds.set(name, [...(kinds.get(name) ?? []), [row.bytes, row['recall10@10']]]);
  }
  return [...kinds].map(([name, points]) => ({ name, points: [...points].sort(([a], [b]) => a - b) }));
}

function kindOf({ system, codec }: Row): string {
  if (system !== 'shoal') return system;
  if (codec === 'exact') return 'float16';
  const learned = codec.endsWith('distill-vq') ? 'after' : 'before';
  const kind = isFirstAlone(codec) ? learned : codec.includes('signs') ? 'sign code' : 'both codes';
  return codec.includes('queries') ? `${kind}, query anchors` : kind;
}
