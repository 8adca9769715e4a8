/** Refuses vectors and queries that nothing can be learned from, before anything is. */
import { ShoalError } from '../../base/errors.js';

/** Beyond it there is no float16. */
const halfMax = 65_504;

export interface RowKind {
  readonly dim: number;
  /** In messages: "document", "query". */
  readonly what: string;
  /** Fewer teach nothing that holds for others. */
  readonly least: number;
}

/** INVALID_ARGUMENT unless `rows` float32[n, dim] are whole, finite, within ±65,504 and at least as many as it takes. */
export function checkTrainingRows(rows: Float32Array, { dim, what, least }: RowKind): void {
  if (rows.length % dim !== 0) {
    throw invalid(
      `${rows.length} values are no whole rows of ${dim}; give vectors of the model that made the codes for each ${what}`,
    );
  }
  const count = rows.length / dim;
  if (count < least) throw invalid(`there are ${count} rows where at least ${least} are needed; add more (${what})`);
  const broken = rows.findIndex((value) => !(Math.abs(value) <= halfMax));
  if (broken < 0) return;
  const place = `${what} ${Math.floor(broken / dim)} has the value ${rows[broken]} at ${broken % dim}`;
  throw invalid(`${place}; values are numbers within ±${halfMax}, leave it out`);
}

/** INVALID_ARGUMENT with `message`. */
export function invalid(message: string): ShoalError {
  return new ShoalError('INVALID_ARGUMENT', message);
}
