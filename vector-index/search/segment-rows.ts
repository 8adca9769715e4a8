/** The rows to score, gathered by segment: one call of a kernel takes the rows of one segment. */
import type { RowPlace } from './pinned-index.js';

/** Documents of one segment: positions in the answer, and rows. */
export interface SegmentRows {
  readonly segment: number;
  readonly positions: number[];
  readonly rows: number[];
}

/** The places that `accept` takes, by segment. */
export function bySegment(
  places: readonly (RowPlace | null)[],
  accept: (place: RowPlace) => boolean = () => true,
): SegmentRows[] {
  const groups = new Map<number, SegmentRows>();
  for (const [position, place] of places.entries()) {
    if (place === null || !accept(place)) continue;
    const group = groups.get(place.segment) ?? { segment: place.segment, positions: [], rows: [] };
    group.positions.push(position);
    group.rows.push(place.row);
    groups.set(place.segment, group);
  }
  return [...groups.values()];
}
