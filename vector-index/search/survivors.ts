/** How many rows each pass of a search of coded lists hands to the next. The one place for these numbers. */

/**
 * Rows that the first code leaves for the second, when `k` documents are wanted. At 56 bytes a vector the true ten best are nearly
 * always among the best 100 by first codes; more cost about a tenth of a microsecond each.
 */
export function firstSurvivors(k: number): number {
  return Math.max(128, 8 * k + 32);
}

/** Documents that the second code leaves for the exact scores: all that are answered, and a few that may take their places. */
export function secondSurvivors(k: number): number {
  return k + Math.max(16, Math.ceil(k / 2));
}

/** Rows up to which all are scored exactly, without a look at their codes: about what the passes for `k` documents would cost. */
export function directRows(k: number): number {
  return Math.max(1_024, 2 * firstSurvivors(k));
}
