/** Which of Shoal's indexes of lists are measured, and the settings that are tried of each. */
import type { Clock } from '../../../../base/clock.js';
import type { AnnSystem, Setting } from './ann-system.js';
import type { AnnDataset } from './dataset.js';
import { ShoalLists } from './shoal-lists.js';
import { trainedLists, type TrainedLists } from './trained-lists.js';
import { trainingQueries } from './training-queries.js';

export interface OwnListsOptions {
  readonly clock: Clock;
  /** Of the encoder, where training queries are made. */
  readonly threads: number;
  readonly smoke: boolean;
  progress(line: string): void;
}

const probes = [1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384, 512, 768];
const survivors = [50, 100, 200];
/** Candidates that are compared exactly, where the rows lie beside the codes. */
const exact = 30;
/** Candidates of the second code where every vector is scanned. */
const codecSurvivors = 400;
const trainingQueriesMax = 12_000;
/** One list for so many vectors: finer ones lose less where they are cut, and a list costs as much as some twenty codes. */
const vectorsPerList = 57;
const smokeLists = 16;

/** Lists with both codes, and with half-precision rows under them; `queries` have anchors learned from queries that are not measured. */
export function ownLists(dataset: AnnDataset, options: OwnListsOptions): AnnSystem[] {
  const { base } = dataset;
  return structuresOf(dataset, options).flatMap(({ name, parts }) => {
    const made = { base, clock: options.clock, parts };
    return [
      new ShoalLists({ ...made, variant: name, families: familiesOf({}) }),
      new ShoalLists({ ...made, variant: `${name} fp16`, families: familiesOf({ exact }) }),
    ];
  });
}

/** What the codes of `ownLists` find when every list is read: the first one alone, and both. */
export function ownCodecs(dataset: AnnDataset, options: OwnListsOptions): AnnSystem[] {
  const { base } = dataset;
  return structuresOf(dataset, options).flatMap(({ name, lists, parts }) => {
    const made = { base, clock: options.clock, parts };
    return [
      new ShoalLists({ ...made, variant: `${name} PQ4`, families: [[{ nprobe: lists, survivors: 0 }]] }),
      new ShoalLists({
        ...made,
        variant: `${name} PQ4 + SQ4`,
        families: [[{ nprobe: lists, survivors: codecSurvivors }]],
      }),
    ];
  });
}

interface Named {
  readonly name: string;
  readonly lists: number;
  parts(): Promise<TrainedLists>;
}

function structuresOf(dataset: AnnDataset, { clock, smoke, threads, progress }: OwnListsOptions): Named[] {
  const { base, folder } = dataset;
  const lists = smoke ? smokeLists : 2 ** Math.round(Math.log2(base.count / vectorsPerList));
  const rows = () => trainingQueries('words', trainingQueriesMax, { threads, clock, progress });
  const hasWords = dataset.name === 'glosses' || dataset.name === 'million';
  return (hasWords ? [null, { name: 'words', rows }] : [null]).map((queries) => ({
    name: `lists${lists}${queries === null ? '' : ' queries'}`,
    lists,
    parts: () => trainedLists({ base, folder, lists, queries, progress }),
  }));
}

function familiesOf(more: Setting): Setting[][] {
  return survivors.map((count) => probes.map((nprobe) => ({ nprobe, survivors: count, ...more })));
}
