/** Which of Shoal's indexes of lists are measured, and the settings that are tried of each. */
import type { Clock } from '../../../../base/clock.js';
import type { AnnSystem } from './ann-system.js';
import type { AnnDataset } from './dataset.js';
import { LearnedCodec } from './learned-codecs.js';
import { narrowCodebook } from './narrow-codebook.js';
import type { FloatRows } from './npy-file.js';
import { ShoalLists } from './shoal-lists.js';
import { codedIn, trainedLists, type TrainedLists } from './trained-lists.js';
import { trainingQueries } from './training-queries.js';
import { signCodebook } from './sign-codebook.js';

export interface OwnListsOptions {
  readonly clock: Clock;
  /** Of the encoder, where training queries are made. */
  readonly threads: number;
  readonly smoke: boolean;
  progress(line: string): void;
}

const probes = [
  ...[1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 14, 16, 19, 22, 25, 28, 32, 36, 40, 44, 48, 56, 64, 72, 80, 96, 112, 128, 144],
  ...[160, 192, 224, 256, 320, 384, 512, 768],
];
const survivors = [50, 100, 200];
/** Survivors of the first code that are compared exactly, some of them twice. */
const exact = [30, 45, 60, 90, 130];
/** Candidates of the second code where every vector is scanned. */
const codecSurvivors = 400;
/** Bits a dimension of their second codes. */
const widths = [1, 2, 3, 4, 5, 6, 7, 8];
const trainingQueriesMax = 20_000;
/** One list for so many vectors: finer ones lose less where they are cut, and a list costs as much as some twenty codes. */
const vectorsPerList = 57;
/** Where every vector lies in two. */
const vectorsPerListOfTwo = 115;
const smokeLists = 16;
/** Dimensions of a word of the codes that are learned for: 48 and 24 bytes of 384. */
const learnedDims = [4, 8];

/**
 * Lists with both codes; and with every vector in two lists, and half-precision rows beside them. `queries` have anchors and routes learned
 * from queries that are not measured.
 */
export function ownLists(dataset: AnnDataset, options: OwnListsOptions): AnnSystem[] {
  const { base } = dataset;
  const once = structuresOf(dataset, { perList: vectorsPerList, hasSeconds: false }, options).map(({ name, parts }) => {
    return new ShoalLists({
      ...{ base, clock: options.clock, parts, variant: name, hasCopies: false },
      families: survivors.map((count) => probes.map((nprobe) => ({ nprobe, survivors: count }))),
    });
  });
  const twice = structuresOf(dataset, { perList: vectorsPerListOfTwo, hasSeconds: true }, options).map(
    ({ name, parts }) => {
      return new ShoalLists({
        ...{ base, clock: options.clock, parts, variant: `${name} twice fp16`, hasCopies: true },
        families: exact.map((count) => probes.map((nprobe) => ({ nprobe, exact: count }))),
      });
    },
  );
  return [...once, ...twice];
}

/** What codes find when every list is read: the first one of `ownLists` alone, both, and sign codes with the same bases and anchors. */
export function ownCodecs(dataset: AnnDataset, options: OwnListsOptions): AnnSystem[] {
  const { base } = dataset;
  return structuresOf(dataset, { perList: vectorsPerList, hasSeconds: false }, options).flatMap(
    ({ name, lists, parts }) => {
      const made = { base, clock: options.clock, parts, hasCopies: false };
      return [
        new ShoalLists({ ...made, variant: `${name} PQ4`, families: [[{ nprobe: lists, survivors: 0 }]] }),
        ...widths.map(
          (bits) =>
            new ShoalLists({
              ...{ ...made, parts: async () => withBits(await parts(), bits), variant: `${name} PQ4 + ${bits} bits` },
              families: [[{ nprobe: lists, survivors: codecSurvivors }]],
            }),
        ),
        new ShoalLists({
          ...{ ...made, parts: async () => withSigns(base, await parts()), variant: `${name} signs` },
          families: [[{ nprobe: lists, survivors: 0 }]],
        }),
      ];
    },
  );
}

/** First codes as they are and after `steps` steps of Distill-VQ, of words of four dimensions and of eight; nothing where steps are 0. */
export function learnedCodecs(dataset: AnnDataset, options: OwnListsOptions & { readonly steps: number }): AnnSystem[] {
  const { base } = dataset;
  const { clock, progress, threads, steps } = options;
  if (steps === 0) return [];
  const hasWords = dataset.name === 'glosses';
  const queries = () =>
    hasWords ? trainingQueries('words', Infinity, { threads, clock, progress }) : Promise.resolve(null);
  const structures = structuresOf(dataset, { perList: vectorsPerList, hasSeconds: false }, options);
  return structures.flatMap(({ name, parts }) =>
    learnedDims.flatMap((dsub) => {
      const structure = async () => {
        const { parts: own, trainSeconds } = await parts();
        const { structure: lists, codebook } = own;
        const narrow = dsub === codebook.dsub ? codebook : narrowCodebook(lists, codebook, base.values, dsub);
        return { structure: { version: 1, structure: lists, codebook: narrow }, trainSeconds };
      };
      const made = { base, clock, progress, structure, queries };
      const codec = `${name} PQ4x${dsub}`;
      return [
        new LearnedCodec({ ...made, variant: codec, steps: 0 }),
        new LearnedCodec({ ...made, variant: `${codec} distill-vq`, steps }),
      ];
    }),
  );
}

function withBits(trained: TrainedLists, secondBits: number): TrainedLists {
  return { ...trained, parts: { ...trained.parts, codebook: codedIn(trained.widest, secondBits) } };
}

function withSigns(base: FloatRows, { parts, ...trained }: TrainedLists): TrainedLists {
  return { ...trained, parts: { ...parts, codebook: signCodebook(parts.structure, parts.codebook, base.values) } };
}

interface Named {
  readonly name: string;
  readonly lists: number;
  parts(): Promise<TrainedLists>;
}

function structuresOf(
  dataset: AnnDataset,
  of: { readonly perList: number; readonly hasSeconds: boolean },
  options: OwnListsOptions,
): Named[] {
  const { clock, smoke, threads, progress } = options;
  const { base, folder } = dataset;
  const lists = smoke ? smokeLists : 2 ** Math.round(Math.log2(base.count / of.perList));
  const rows = () => trainingQueries('words', trainingQueriesMax, { threads, clock, progress });
  const hasWords = dataset.name === 'glosses' || dataset.name === 'million';
  return (hasWords ? [null, { name: 'words', rows }] : [null]).map((queries) => ({
    name: `lists${lists}${queries === null ? '' : ' queries'}`,
    lists,
    parts: () => trainedLists({ base, folder, lists, hasSeconds: of.hasSeconds, queries, progress }),
  }));
}
