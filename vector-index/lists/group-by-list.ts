/** Rows by list: which positions hold each list. */

export interface ListGroup {
  readonly list: number;
  /** Ascending. */
  readonly positions: Uint32Array;
}

/** The positions of every list that occurs in `lists`, lists ascending; with `take`, only of those positions that it accepts. */
export function groupByList(lists: Uint32Array, take: (position: number) => boolean = () => true): ListGroup[] {
  const counts = new Map<number, number>();
  for (let at = 0; at < lists.length; at += 1) {
    if (take(at)) counts.set(lists[at]!, (counts.get(lists[at]!) ?? 0) + 1);
  }
  const groups = new Map<number, { positions: Uint32Array; filled: number }>();
  for (const [list, count] of counts) groups.set(list, { positions: new Uint32Array(count), filled: 0 });
  for (let at = 0; at < lists.length; at += 1) {
    if (!take(at)) continue;
    const group = groups.get(lists[at]!)!;
    group.positions[group.filled] = at;
    group.filled += 1;
  }
  return [...groups.keys()]
    .sort((left, right) => left - right)
    .map((list) => ({ list, positions: groups.get(list)!.positions }));
}
