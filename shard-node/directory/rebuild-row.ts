/** What a row of a shard says of an id, beside what rows of other shards said: the largest docId counts. */
import { noPlaces, type DirectoryEntry } from './store/directory-entry.js';

export interface ShardRow {
  /** Of the shard's subject. */
  readonly code: number;
  readonly docId: bigint;
  readonly contentHash: bigint;
  /** The primary passage is there. */
  readonly isPrimary: boolean;
}

/** `known` after `row`, and which places have to hear what. */
export function mergeRow(
  known: DirectoryEntry | null,
  row: ShardRow,
): {
  readonly entry: DirectoryEntry;
  readonly superseded: readonly { readonly code: number; readonly docId: bigint }[];
} {
  const { code, docId, contentHash, isPrimary } = row;
  if (known !== null && known.docId > docId) return { entry: known, superseded: [{ code, docId: known.docId }] };
  if (known !== null && known.docId === docId) return { entry: joined(known, row), superseded: [] };
  // A document is whole only with its primary passage.
  const unheard = isPrimary ? noPlaces : [code];
  const superseded = (known?.places ?? []).filter((place) => place !== code).map((place) => ({ code: place, docId }));
  return { entry: { docId, contentHash, places: [code], unheard }, superseded };
}

function joined(known: DirectoryEntry, { code, contentHash, isPrimary }: ShardRow): DirectoryEntry {
  const others = known.places.filter((place) => place !== code);
  const places = isPrimary ? [code, ...others] : [...others, code];
  const hasPrimary = isPrimary || known.unheard.length === 0;
  return {
    docId: known.docId,
    contentHash: known.contentHash === 0n ? contentHash : known.contentHash,
    places,
    unheard: hasPrimary ? noPlaces : places,
  };
}
