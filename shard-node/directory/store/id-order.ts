/** The order of document ids: that of their UTF-8 bytes. */
import type { Slices } from '../../../vector-index/maintenance/slices.js';

/** Ids sorted in one go before the event loop is given back. */
const sortedAtOnce = 1_024;

type Compare = (a: string, b: string) => number;

/** Negative, 0 or positive as `a` comes before, is, or comes after `b`. */
export function compareIds(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let at = 0; at < length; at += 1) {
    const [left, right] = [a.charCodeAt(at), b.charCodeAt(at)];
    if (left !== right) return rank(left) - rank(right);
  }
  return a.length - b.length;
}

/** Surrogates stand for code points above all others, but their units are not the largest. */
function rank(unit: number): number {
  if (unit < 0xd800) return unit;
  return unit >= 0xe000 ? unit - 0x800 : unit + 0x2000;
}

/** `ids` in ascending order, in a new array. */
export function sortedIds(ids: Iterable<string>): string[] {
  const all = [...ids];
  return all.sort(comparerFor(all));
}

/** The first `limit` of `ids` that follow `after`, ascending; the rest is not sorted. '' = from the first. */
export function idsAfter(ids: Iterable<string>, after: string, limit: number): string[] {
  let kept: string[] = [];
  let bound: string | null = null;
  for (const id of ids) {
    if (bound !== null && compareIds(id, bound) >= 0) continue;
    if (after !== '' && compareIds(id, after) <= 0) continue;
    kept.push(id);
    if (kept.length < limit * 2) continue;
    kept = kept.sort(compareIds).slice(0, limit);
    bound = kept[limit - 1]!;
  }
  return kept.sort(compareIds).slice(0, limit);
}

/** As `sortedIds`, giving the event loop back meanwhile. */
export async function sortIds(ids: Iterable<string>, slices: Slices): Promise<string[]> {
  const all = [...ids];
  const compare = comparerFor(all);
  let parts: string[][] = [];
  for (let at = 0; at < all.length; at += sortedAtOnce) {
    parts.push(all.slice(at, at + sortedAtOnce).sort(compare));
    await slices.pause();
  }
  while (parts.length > 1) {
    const merged: string[][] = [];
    for (let at = 0; at < parts.length; at += 2)
      merged.push(await mergeSorted(parts[at] ?? [], parts[at + 1] ?? [], compare, slices));
    parts = merged;
  }
  return parts[0] ?? [];
}

/** The engine compares by units, several times as fast; units below the surrogates rank as their bytes do. */
function comparerFor(ids: readonly string[]): Compare {
  const isSimple = !ids.some((id) => /[\ud800-\uffff]/.test(id));
  return isSimple ? (a, b) => (a < b ? -1 : a > b ? 1 : 0) : compareIds;
}

async function mergeSorted(
  a: readonly string[],
  b: readonly string[],
  compare: Compare,
  slices: Slices,
): Promise<string[]> {
  const merged: string[] = [];
  let [i, j] = [0, 0];
  while (i < a.length || j < b.length) {
    const [left, right] = [a[i], b[j]];
    const isLeft = right === undefined || (left !== undefined && compare(left, right) <= 0);
    merged.push((isLeft ? left : right) as string);
    if (isLeft) i += 1;
    else j += 1;
    if (merged.length % sortedAtOnce === 0) await slices.pause();
  }
  return merged;
}
