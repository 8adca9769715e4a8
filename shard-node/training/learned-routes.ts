/**
 * Routes for a structure that serves, with the calibration that searches go by: how many lists they need. Learned from queries that the
 * collection is asked, where there are any, and kept only where neither these, nor vectors, nor short questions need more lists than before.
 */
import type { Random } from '../../base/random.js';
import { distillRoutes } from '../../trainer/learned/distill-routes.js';
import {
  leastProbe,
  probesUpTo,
  recallCurve,
  trueNeighbours,
  type ProbeRecall,
} from '../../trainer/structure/held-out.js';
import { secondLists } from '../../vector-index/codebook/second-lists.js';
import type { ListStructure } from '../../vector-index/codebook/list-structure.js';
import { listCountOf, type Structure } from '../../vector-index/codebook/structure.js';
import { ListCoder } from '../../vector-index/lists/list-coder.js';

/** Of fewer lists all are read soon. */
const listsMin = 16;
/** Short questions that are asked for the calibration. */
const shortMax = 300;
/** What codes find of the neighbours in the lists read, where no calibration says. */
const usualCodes = 0.995;

export interface RoutesTask {
  /** With the routes that serve. */
  readonly structure: ListStructure;
  /** float32[n, dim] */
  readonly vectors: Float32Array;
  /** float32[m, dim]: what the collection is asked; none = no routes. */
  readonly queries: Float32Array;
  /** float32[m, dim]: short questions that have a say, where `queries` are others; may be none. */
  readonly shortQueries: Float32Array;
  readonly targetRecall: number;
  /** The calibrations of what serves. */
  readonly probes: readonly ProbeRecall[];
  readonly shortProbes: readonly ProbeRecall[];
}

export interface RoutesFound {
  /** float32[lists, dim] */
  readonly routes: Float32Array;
  readonly probes: readonly ProbeRecall[];
  readonly shortProbes: readonly ProbeRecall[];
  /** Lists that held-out queries need for the target, by the routes of before and by these. */
  readonly neededBefore: number;
  readonly neededAfter: number;
}

/** Null where nothing is found that reads fewer lists. Errors as of `distillRoutes`. Blocks the thread. */
export function learnRoutes(
  task: RoutesTask,
  options: { readonly random: Random; onProgress?(share: number): void },
): RoutesFound | null {
  const { structure, vectors, queries, targetRecall: target } = task;
  const lists = listCountOf(structure.structure);
  if (queries.length === 0 || lists < listsMin) return null;
  const { routes, before, after } = distillRoutes({ structure, vectors, queries }, { ...options, target });
  if (routes === null) return null;
  const short = shortCurves(task, { ...structure.structure, routing: routes });
  const needed = (curve: readonly ProbeRecall[]): number => leastProbe(curve, target).nprobe;
  if (short !== null && needed(short.after) > needed(short.before)) return null;
  const far = after.queries.map(({ nprobe, recall }, at) => ({
    nprobe,
    recall: Math.min(recall, short?.after[at]?.recall ?? 1),
  }));
  const calibrated = (curve: readonly ProbeRecall[], served: readonly ProbeRecall[]): ProbeRecall[] => {
    const codes = served.at(-1)?.recall ?? usualCodes;
    return probesUpTo(lists).map((nprobe) => ({ nprobe, recall: codes * curve[nprobe - 1]!.recall }));
  };
  return {
    routes,
    probes: calibrated(after.documents, task.probes),
    shortProbes: calibrated(far, task.shortProbes),
    neededBefore: needed(before.queries),
    neededAfter: needed(after.queries),
  };
}

/** What short questions find with every number of lists, by the routes that serve and by those of `routed`; null without any. */
function shortCurves(
  { structure: { structure, ...rest }, vectors, shortQueries }: RoutesTask,
  routed: Structure,
): { readonly before: readonly ProbeRecall[]; readonly after: readonly ProbeRecall[] } | null {
  if (shortQueries.length === 0) return null;
  const { dim } = structure;
  const firsts = new ListCoder({ structure, ...rest }).assign(vectors);
  const lists = structure.around === undefined ? [firsts] : [firsts, secondLists(structure, vectors, firsts)];
  // Lists alone are judged: as if codes lost nothing.
  const held = { ...trueNeighbours(shortQueries.subarray(0, shortMax * dim), vectors, dim), codes: 1 };
  const [before, after] = [structure, routed].map((one) => recallCurve(held, { structure: one, lists }));
  return { before: before!, after: after! };
}
