/** Pages of a partition's state as copies send them to each other: entries, then verdicts, in parallel columns. */
import { bufferOf, uint32From, uint64From } from '../../../base/bytes.js';
import { ShoalError } from '../../../base/errors.js';
import { limits } from '../../../base/limits.js';
import {
  ReadCopyResponse,
  type ReadCopyRequest,
  type RememberedVerdict,
} from '../../../proto/generated/shoal/v1/directory.js';
import { noPlaces, type DirectoryEntry, type VerdictRecord } from '../store/directory-entry.js';
import type { HeldState, ListedEntry } from '../store/directory-store.js';

/** Entries of one page. */
const entriesMax = limits.documentsPerRecordMax;
/** Positions beyond which a page takes no further verdicts. */
const positionsMax = 65_536;

/** What follows of `state`, number `number`, after what `request` says was given. DATA_LOSS when the state is damaged. */
export function copyPage(
  state: HeldState,
  number: bigint,
  { state: known, afterId, verdictsFrom }: Pick<ReadCopyRequest, 'state' | 'afterId' | 'verdictsFrom'>,
): ReadCopyResponse {
  const { committed, epoch, caused, subjects } = state.marks;
  const entries = state.list(afterId, entriesMax);
  const verdicts = someVerdicts(state.verdicts, verdictsFrom);
  const given = known === 0n ? subjects.map(({ subject, last }) => ({ subject, sequence: last })) : [];
  const hasAll = entries.length < entriesMax && verdictsFrom + verdicts.length === state.verdicts.length;
  return {
    ...{ state: number, committed, epoch, caused, subjects: given, done: hasAll },
    ...columnsOf(entries),
    verdicts: verdicts.map((verdict) => ({
      ...verdict,
      verdicts: [...verdict.verdicts],
      docIds: bufferOf(verdict.docIds),
    })),
  };
}

/** The answer of a copy that has no data either. */
export function emptyPage(): ReadCopyResponse {
  return ReadCopyResponse.fromPartial({});
}

/** The entries of `page`; `codes` are those under which the reader knows the state's subjects. INTERNAL when the columns do not fit. */
export function entriesIn(page: ReadCopyResponse, codes: readonly number[]): readonly ListedEntry[] {
  const docIds = uint64From(page.docIds, 'doc_ids');
  const hashes = uint64From(page.contentHashes, 'content_hashes');
  const counts = uint32From(page.placeCounts, 'place_counts');
  const places = uint32From(page.places, 'places');
  const total = counts.reduce((sum, count) => sum + count, 0);
  const areWhole = [docIds, hashes, counts].every(({ length }) => length === page.ids.length);
  if (!areWhole || total !== places.length || page.unheard.length !== total)
    throw new ShoalError('INTERNAL', 'a page of a directory copy has columns of different lengths');
  let at = 0;
  return page.ids.map((id, i) => {
    const own = Array.from(places.subarray(at, at + counts[i]!), (place) => codes[place]!);
    const unheard = own.filter((_, place) => page.unheard[at + place] === 1);
    at += own.length;
    const entry: DirectoryEntry = {
      docId: docIds[i]!,
      contentHash: hashes[i]!,
      places: own,
      unheard: unheard.length === 0 ? noPlaces : unheard,
    };
    return { id, entry };
  });
}

/** The verdicts of `page`. */
export function verdictsIn({ verdicts }: ReadCopyResponse): readonly VerdictRecord[] {
  return verdicts.map((verdict: RememberedVerdict) => ({ ...verdict, docIds: uint64From(verdict.docIds, 'doc_ids') }));
}

function columnsOf(
  entries: readonly ListedEntry[],
): Pick<ReadCopyResponse, 'ids' | 'docIds' | 'contentHashes' | 'placeCounts' | 'places' | 'unheard'> {
  const places = entries.flatMap(({ entry }) => entry.places);
  const unheard = entries.flatMap(({ entry }) => entry.places.map((place) => (entry.unheard.includes(place) ? 1 : 0)));
  return {
    ids: entries.map(({ id }) => id),
    docIds: bufferOf(BigUint64Array.from(entries, ({ entry }) => entry.docId)),
    contentHashes: bufferOf(BigUint64Array.from(entries, ({ entry }) => entry.contentHash)),
    placeCounts: bufferOf(Uint32Array.from(entries, ({ entry }) => entry.places.length)),
    places: bufferOf(Uint32Array.from(places)),
    unheard: Buffer.from(unheard),
  };
}

/** Verdicts from number `from` on, as many as one page takes; at least one where there is one. */
function someVerdicts(verdicts: readonly VerdictRecord[], from: number): readonly VerdictRecord[] {
  let positions = 0;
  let end = from;
  while (end < verdicts.length && positions < positionsMax && end - from < entriesMax) {
    positions += verdicts[end]!.verdicts.length;
    end += 1;
  }
  return verdicts.slice(from, end);
}
