/** The options that name a dataset and its queries, the same for every benchmark over vectors. */
import type { BenchmarkContext, BenchmarkOption } from '../../benchmark.js';
import { loadDataset, smallDataset, type AnnDataset } from './dataset.js';

export const datasetOptions: readonly BenchmarkOption[] = [
  { flag: '--dataset NAME', describe: 'glosses, million, or file with --vectors', default: 'glosses' },
  { flag: '--query-set LIST', describe: 'of glosses and million', default: 'sentences,words' },
  { flag: '--vectors FILE.npy', describe: 'float32[n, dim] to search', default: '' },
  { flag: '--queries FILE.npy', describe: 'float32[n, dim] to ask', default: '' },
  { flag: '--truth FILE.npy', describe: 'int64[n, 100] exact answers; worked out when not given', default: '' },
  { flag: '--queries-limit N', describe: 'at most so many of a set', default: '10000' },
  { flag: '--peers LIST', describe: 'of faiss, scann, hnswlib, svs; installed when missing', default: '' },
  { flag: '--threads N', describe: 'of the encoder, where vectors are made', default: '2' },
];

/** The dataset that the options name; at smoke size a small one. */
export function datasetOf({ options, smoke, clock, progress }: BenchmarkContext): Promise<AnnDataset> {
  if (smoke) return smallDataset(600, 64, 60);
  return loadDataset({
    dataset: options['dataset'] ?? '',
    querySets: options['query-set'] ?? '',
    vectors: options['vectors'] ?? '',
    queries: options['queries'] ?? '',
    truth: options['truth'] ?? '',
    queriesLimit: Number(options['queries-limit']),
    threads: Number(options['threads']),
    clock,
    progress,
  });
}
