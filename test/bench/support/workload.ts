/** What a benchmark imports and asks: a labelled collection, or at smoke size some of WordNet's glosses, which are always there. */
import { existsSync } from 'node:fs';
import { basename } from 'node:path';
import { readBeirQuestions } from '../../../client/cli/eval/beir.js';
import type { Document } from '../../../client/sdk/types.js';
import { glossDocument, readGlosses, wordnetFolder } from '../../../tools/demo/wordnet.js';
import { corpusDocuments, datasetFolder } from '../../datasets.js';
import type { BenchmarkContext, BenchmarkOption } from '../benchmark.js';

export interface Workload {
  readonly name: string;
  readonly documents: readonly Document[];
  readonly queries: readonly string[];
}

const smokeDocuments = 200;
const smokeQueries = 20;
const queryWords = 8;

/** The option that `workloadOf` reads. */
export const datasetOption: BenchmarkOption = {
  flag: '--dataset DIR',
  describe: 'BEIR folder, or the name of one in ../shared/data',
  default: 'scifact',
};

/** The workload that the options name. Fails when its folder is not there. */
export async function workloadOf({ options, smoke }: BenchmarkContext): Promise<Workload> {
  return smoke ? glosses(smokeDocuments, smokeQueries) : beir(options['dataset'] ?? '');
}

/** The first words of every so manieth gloss ask for it. */
export async function glosses(documentCount: number, queryCount: number): Promise<Workload> {
  const all = (await readGlosses(wordnetFolder())).slice(0, documentCount);
  const step = Math.max(1, Math.floor(all.length / queryCount));
  const asking = all.filter((_, i) => i % step === 0).slice(0, queryCount);
  return {
    name: 'glosses',
    documents: all.map(glossDocument),
    queries: asking.map(({ text }) => text.split(' ').slice(0, queryWords).join(' ')),
  };
}

async function beir(dataset: string): Promise<Workload> {
  const folder = datasetFolder(dataset) ?? dataset;
  if (!existsSync(folder)) throw new Error(`there is no folder ${folder}; give a BEIR folder with --dataset`);
  const documents: Document[] = [];
  for await (const document of corpusDocuments(folder)) documents.push(document);
  const { queries } = await readBeirQuestions(folder, 'test');
  return { name: basename(folder), documents, queries: [...queries.values()] };
}
