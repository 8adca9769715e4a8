/** What the shipped default model says of itself. */
import { readFileSync } from 'node:fs';
import type { Part } from '../findings.js';
import { figure } from '../figures.js';

interface Manifest {
  readonly name: string;
  readonly family: string;
  readonly outputs: { readonly dense: { readonly dim: number }; readonly multi: { readonly dim: number } };
  readonly query: { readonly maxLength: number };
  readonly document: { readonly maxLength: number };
  readonly tokenCodec: { readonly version: string };
  readonly sparseHead: {
    readonly training: { readonly text: string; readonly passages: number; readonly seed: number };
    readonly quality: Readonly<Record<string, { readonly bm25: number; readonly head: number }>>;
  };
}

const path = 'models/default/manifest.json';

export const manifest: Part = {
  name: 'manifest',
  title: 'The shipped model, and its sparse head',
  text: `What \`${path}\` states. The sparse head's nDCG@10 by words alone, on test questions, was measured when it was trained
(\`models/README.md\` says how), beside BM25 over the same tokens.`,
  run: () => {
    const { name, family, outputs, query, document, tokenCodec, sparseHead } = JSON.parse(
      readFileSync(path, 'utf8'),
    ) as Manifest;
    const quality = Object.entries(sparseHead.quality);
    const mean = (of: 'bm25' | 'head'): number => quality.reduce((sum, [, own]) => sum + own[of], 0) / quality.length;
    return Promise.resolve({
      commands: [],
      seeds: { 'sparse head': sparseHead.training.seed },
      tables: [
        {
          title: 'The model',
          head: ['', ''],
          rows: [
            ['name, family', `${name}, ${family}`],
            ['dense, multi-vector dimensions', `${outputs.dense.dim}, ${outputs.multi.dim}`],
            ['tokens of a query, of a document', `${query.maxLength}, ${document.maxLength}`],
            ['token codec', tokenCodec.version],
            ['sparse head learned from', `${sparseHead.training.text}, ${sparseHead.training.passages} passages`],
          ],
        },
        {
          title: 'nDCG@10 by words alone',
          head: ['', ...quality.map(([collection]) => collection), 'mean'],
          rows: [
            ['BM25', ...quality.map(([, { bm25 }]) => figure(bm25)), figure(mean('bm25'))],
            ['sparse head', ...quality.map(([, { head }]) => figure(head)), figure(mean('head'))],
          ],
        },
      ],
      plots: [],
    });
  },
};
