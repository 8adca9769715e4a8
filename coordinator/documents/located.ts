/**
 * Where documents are, by the directory, and what is there: each is fetched at its place, and looked for again where it has moved.
 *
 * A document that exists throughout is always found: it is left out only when the directory says that it does not exist, or the shard
 * that the filter does not let it through.
 */
import { uint32From, uint64From } from '../../base/bytes.js';
import { sleep } from '../../base/clock.js';
import type { Deadline } from '../../base/deadline.js';
import { ShoalError } from '../../base/errors.js';
import { placementsOf } from '../../cluster/shard-map/cluster-map.js';
import type { ClusterView } from '../../cluster/shard-map/cluster-view.js';
import type { ShardPlacement } from '../../proto/generated/shoal/v1/cluster.js';
import type { CollectionSettings } from '../../proto/generated/shoal/v1/collections.js';
import type { LocatedIds, SubjectMark } from '../../proto/generated/shoal/v1/directory.js';
import type { Filter } from '../../proto/generated/shoal/v1/filter.js';
import type { FetchedDocument } from '../../proto/generated/shoal/v1/shard.js';
import { atPartition, byPartition } from '../directories.js';
import type { Peers } from '../peers.js';
import { subjectOf } from '../search/required.js';
import { fetchFrom } from './shards.js';

/** So often a document is looked for where it is said to be, waiting 0, 1, 2, 4 … milliseconds before. */
const roundsMax = 11;

/** Where an id is: its newest docId, the shard that holds it, and what a replica must have applied to have it. */
export interface Place {
  readonly docId: bigint;
  readonly placement: ShardPlacement;
  readonly mark: SubjectMark;
}

export interface Located {
  readonly id: string;
  readonly place: Place;
}

export interface LocateParts {
  readonly view: ClusterView;
  readonly peers: Peers;
  readonly deadline: Deadline;
  /** The directory answers as of this log position or a later one. */
  readonly heard: bigint;
}

/** What is read of each document. */
export interface FetchOptions {
  readonly withVectors: boolean;
  /** Everything as the log had it. */
  readonly withRecord?: boolean;
  /** Null = every document. */
  readonly filter: Filter | null;
}

/** The place of each id; null where it does not exist. UNAVAILABLE when a partition of the directory cannot be asked. */
export async function locate(
  ids: readonly string[],
  { uid }: Pick<CollectionSettings, 'uid'>,
  { view, peers, deadline, heard }: LocateParts,
): Promise<readonly (Place | null)[]> {
  const places = new Array<Place | null>(ids.length).fill(null);
  await Promise.all(
    byPartition(view.current(), uid, ids).map(async ({ placement, positions }) => {
      const asked = positions.map((position) => ids[position]!);
      const { located } = await atPartition(placement, view, deadline, (address, { partition }, share) =>
        peers.locate(address, { uid, partition, ids: asked, heard }, share),
      );
      placesOf(located, uid, view).forEach((place, i) => (places[positions[i]!] = place));
    }),
  );
  return places;
}

/** The places that `located` says, in its order. UNAVAILABLE when a shard is named that this coordinator does not know yet. */
export function placesOf(located: LocatedIds | undefined, uid: string, view: ClusterView): readonly (Place | null)[] {
  if (located === undefined) return [];
  const bySubject = new Map(placementsOf(view.current(), uid).map((placement) => [subjectOf(placement), placement]));
  const numbers = uint32From(located.places, 'places in a directory answer');
  return Array.from(uint64From(located.docIds, 'docIds in a directory answer'), (docId, i) => {
    if (docId === 0n) return null;
    const mark = located.marks[numbers[i]!];
    const placement = mark && bySubject.get(mark.subject);
    if (mark !== undefined && placement !== undefined) return { docId, placement, mark };
    const what = `a document is in '${mark?.subject ?? 'an unnamed shard'}', which is not in the map of this coordinator`;
    throw new ShoalError('UNAVAILABLE', `${what}; try again in a moment`);
  });
}

/**
 * The documents of `located` by id, each in the version that is there now. Those that do not exist any more and those that the filter
 * leaves out are not in it. ABORTED when one is replaced faster than it can be read.
 */
export async function fetchLocated(
  located: readonly Located[],
  options: FetchOptions,
  settings: CollectionSettings,
  parts: LocateParts,
): Promise<ReadonlyMap<string, FetchedDocument>> {
  const found = new Map<string, FetchedDocument>();
  let open = located;
  for (let round = 0; open.length > 0; round += 1) {
    parts.deadline.check();
    if (round === roundsMax) throw tooFast(open[0]!.id, settings);
    if (round > 0) {
      await sleep(parts.deadline.clock, round === 1 ? 0 : 2 ** (round - 2), parts.deadline.signal);
      open = await locatedNow(
        open.map(({ id }) => id),
        settings,
        parts,
      );
    }
    const there = await fetchPlaces(open, options, parts);
    open = open.filter(({ id, place }) => {
      const document = there.get(place.docId);
      if (document !== undefined && document !== 'unmatched') found.set(id, document);
      return document === undefined;
    });
  }
  return found;
}

async function locatedNow(
  ids: readonly string[],
  settings: CollectionSettings,
  parts: LocateParts,
): Promise<readonly Located[]> {
  const places = await locate(ids, settings, parts);
  return ids.flatMap((id, i) => {
    const place = places[i];
    return place ? [{ id, place }] : [];
  });
}

function tooFast(id: string, { name }: CollectionSettings): ShoalError {
  const what = `document '${id}' of collection '${name}' was replaced each time before it could be read`;
  return new ShoalError('ABORTED', `${what}; ask again`);
}

/** docId → the document, or that the filter does not let it through; those that are not there are left out. */
async function fetchPlaces(
  located: readonly Located[],
  options: FetchOptions,
  parts: LocateParts,
): Promise<ReadonlyMap<bigint, FetchedDocument | 'unmatched'>> {
  const there = new Map<bigint, FetchedDocument | 'unmatched'>();
  const { withVectors, withRecord = false, filter } = options;
  await Promise.all(
    [...groupByShard(located)].map(async ([placement, places]) => {
      const docIds = places.map(({ docId }) => docId);
      const order = { docIds, required: [latestMark(places)], withVectors, withRecord, filter };
      for (const answer of await fetchFrom(placement, order, parts)) {
        for (const document of answer.documents) there.set(document.docId, document);
        for (const docId of uint64From(answer.unmatched, 'unmatched docIds')) there.set(docId, 'unmatched');
      }
    }),
  );
  return there;
}

/** Pages of several partitions come with marks of their own time; the latest holds for all. */
function latestMark(places: readonly Place[]): SubjectMark {
  return places.map(({ mark }) => mark).reduce((latest, mark) => (mark.sequence > latest.sequence ? mark : latest));
}

function groupByShard(located: readonly Located[]): ReadonlyMap<ShardPlacement, readonly Place[]> {
  const groups = new Map<number, { readonly placement: ShardPlacement; readonly places: Place[] }>();
  for (const { place } of located) {
    const { shard } = place.placement;
    const group = groups.get(shard) ?? { placement: place.placement, places: [] };
    group.places.push(place);
    groups.set(shard, group);
  }
  return new Map([...groups.values()].map(({ placement, places }) => [placement, places]));
}
