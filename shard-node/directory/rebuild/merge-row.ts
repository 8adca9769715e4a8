/** What a row of a shard says of an id, beside what rows of other shards said: the largest docId counts. */
import { noPlaces, type DirectoryEntry } from '../store/directory-entry.js';

export interface ShardRow {
  /** Of the shard's subject. */
  readonly code: number;
  readonly docId: bigint;
  readonly contentHash: bigint;
  /** The primary passage is there. */
  readonly isPrimary: boolean;
  /** In how many other shards the document was to get passages, where the primary one is there. */
  readonly elsewhere: number;
}

/**
 * Documents of which shards hold fewer passages than their primary rows announce. As long as one is missing a document has no content
 * hash, so that who writes it again is not told that it is there already.
 */
export class IncompleteDocuments {
  /** By id. */
  readonly #announced = new Map<string, { readonly docId: bigint; readonly elsewhere: number }>();

  /** `entry`, which `row` was merged into, with the content hash that it has now. */
  hashed(id: string, entry: DirectoryEntry, row: ShardRow): DirectoryEntry {
    if (row.docId !== entry.docId || (row.elsewhere === 0 && this.#announced.size === 0)) return entry;
    const before = this.#announced.get(id);
    const elsewhere = before?.docId === row.docId ? Math.max(before.elsewhere, row.elsewhere) : row.elsewhere;
    const isWhole = entry.places.length > elsewhere;
    if (isWhole) this.#announced.delete(id);
    else this.#announced.set(id, { docId: row.docId, elsewhere });
    const contentHash = isWhole ? row.contentHash : 0n;
    return contentHash === entry.contentHash ? entry : { ...entry, contentHash };
  }
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
