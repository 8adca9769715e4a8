/** What the first code finds of the teacher's best, with given parameters, for queries that were held out. */
import { topK } from '../../kernels/kernels.js';
import { refuseStopped, type StopSign } from '../stop-sign.js';
import { candidatePools, withoutSelf, type TaughtDocuments, type TrainingQueries } from './candidate-pools.js';
import type { ScanParameters } from './scan-parameters.js';

const neighbours = 10;
const depth = 100;

export interface HeldOutQueries extends TrainingQueries {
  /** uint32[10] each, or fewer: the documents that the teacher puts first. */
  readonly truths: readonly Uint32Array[];
}

/** Shares of the teacher's ten best documents. */
export interface FirstCodeRecall {
  /** R10@10 and R10@100: among the first ten and the first hundred of the code. */
  readonly at10: number;
  readonly at100: number;
}

/** `queries` with the ten documents of the largest inner product with each, exactly. Blocks the thread for some milliseconds a query. */
export function heldOutQueries(
  { documents }: TaughtDocuments,
  { rows, selves }: TrainingQueries,
  signal?: StopSign,
): HeldOutQueries {
  const { dim, count } = documents;
  const every = Uint32Array.from({ length: count }, (_, row) => row);
  const truths = Array.from({ length: rows.length / dim }, (_, query) => {
    refuseStopped(signal);
    const scores = documents.teacherScores(rows.subarray(query * dim, (query + 1) * dim), every);
    const best = topK(scores, null, neighbours + 1, -Infinity).rows;
    return withoutSelf(selves)(query, best).slice(0, neighbours);
  });
  return { rows, selves, truths };
}

/** Of `held` by `parameters`; 1 where there is nothing to find. */
export function firstCodeRecall(
  taught: TaughtDocuments,
  held: HeldOutQueries,
  parameters: ScanParameters,
  signal?: StopSign,
): FirstCodeRecall {
  const numbers = Uint32Array.from(held.truths.keys());
  const choose = withoutSelf(held.selves);
  const pools = candidatePools(taught, held, numbers, { parameters, width: depth + 1, signal, choose });
  let [of, first, all] = [0, 0, 0];
  pools.forEach(({ rows }, query) => {
    for (const row of held.truths[query]!) {
      const place = rows.indexOf(row);
      of += 1;
      first += place >= 0 && place < neighbours ? 1 : 0;
      all += place >= 0 && place < depth ? 1 : 0;
    }
  });
  return of === 0 ? { at10: 1, at100: 1 } : { at10: first / of, at100: all / of };
}
