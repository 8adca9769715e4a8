/**
 * Documents a second. With ready vectors: through coordinator, log, directory and shard until a search sees them, beside a loop that
 * only writes the same records to lmdb; and into a trained collection beside an untrained one. With `--dataset`, texts as well: beside
 * encoding them alone. memoryBytesPerDocument = what sealed segments keep in memory beside vectors, codes, tokens, postings and content,
 * ids (idBytesPerDocument) included; mappedBytesPerDocument = the same as the system counts it, in pages.
 */
import type { Benchmark, BenchmarkContext, BenchmarkResult } from './benchmark.js';
import { hashOf } from './measure.js';
import { measureBesideEncoding } from './support/beside-encoding.js';
import { measureTrainedIngest, type TrainedIngestResult } from './support/trained-ingest.js';
import { measureReadyVectors, type ReadyVectorsResult } from './support/ready-vectors.js';

export const benchmark: Benchmark = {
  name: 'ingest',
  summary: 'documents a second: ready vectors beside a bare lmdb loop, texts beside encoding them alone',
  options: [
    { flag: '--vectors N', describe: 'documents with ready vectors of 384 dimensions', default: '100000' },
    { flag: '--trained N', describe: 'documents that a structure is trained on', default: '20000' },
    {
      flag: '--dataset DIR',
      describe: 'BEIR folder, or the name of one in ../shared/data; none = no texts',
      default: '',
    },
    { flag: '--documents N', describe: 'of the texts, at most so many', default: '5183' },
    { flag: '--slices N', describe: 'of the texts, turns between the two', default: '4' },
  ],
  run,
};

const smokeVectors = 2_000;
const documentsPerSecondMin = 10_000;
const overLoopMin = 0.5;
const smokeTrained = 1_200;
const trainedSlice = 4_000;
const trainedSlices = 4;
const overUntrainedMin = 0.8;
/** Of memory, beside vectors, codes, tokens, postings and content. */
const rowBytesMax = 24;

async function run(context: BenchmarkContext): Promise<BenchmarkResult> {
  const { smoke, options, clock } = context;
  const documents = smoke ? smokeVectors : Number(options['vectors']);
  const ready = await measureReadyVectors({ documents, clock, progress: context.progress });
  const trained = await measureTrainedIngest({
    before: smoke ? smokeTrained : Number(options['trained']),
    slice: smoke ? smokeTrained : trainedSlice,
    slices: smoke ? 1 : trainedSlices,
    clock,
    progress: context.progress,
  });
  const given = { rows: [...rowsOf(ready), trainedRow(trained)], contents: [...ready.contents, ...trained.contents] };
  if (!smoke && options['dataset'] === '') return { rows: given.rows, hash: hashOf(given.contents) };
  const { rows, contents } = await measureBesideEncoding(context);
  return { rows: [...given.rows, ...rows], hash: hashOf([...given.contents, ...contents]) };
}

function trainedRow(trained: TrainedIngestResult): Record<string, unknown> {
  const { lists, documents, documentsPerSecond, untrainedPerSecond } = trained;
  const overUntrained = documentsPerSecond / untrainedPerSecond;
  return {
    ...{ system: 'shoal trained', log: 'embedded', documents, lists, documentsPerSecond, untrainedPerSecond },
    ...{ overUntrained, bound: overUntrainedMin, withinBound: overUntrained >= overUntrainedMin },
  };
}

function rowsOf(ready: ReadyVectorsResult): Record<string, unknown>[] {
  const { documents, documentsPerSecond, loopDocumentsPerSecond } = ready;
  const { bytesPerRow, idBytesPerRow, mappedBytesPerRow } = ready.memory;
  const overLoop = documentsPerSecond / loopDocumentsPerSecond;
  return [
    { system: 'lmdb loop', log: 'lmdb', documents, documentsPerSecond: loopDocumentsPerSecond },
    {
      system: 'shoal',
      log: 'embedded',
      documents,
      documentsPerSecond,
      acknowledgedPerSecond: ready.acknowledgedPerSecond,
      overLoop,
      bound: overLoopMin,
      withinBound: overLoop >= overLoopMin && documentsPerSecond >= documentsPerSecondMin,
      documentsPerRecord: ready.documentsPerRecord,
      logBytesPerDocument: ready.logBytesPerDocument,
      directoryBytesPerDocument: ready.directoryBytesPerDocument,
      memoryBytesPerDocument: bytesPerRow,
      idBytesPerDocument: idBytesPerRow,
      mappedBytesPerDocument: mappedBytesPerRow,
      memoryBound: rowBytesMax,
      withinMemoryBound: bytesPerRow - idBytesPerRow <= rowBytesMax,
    },
  ];
}
