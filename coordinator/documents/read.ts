/** Reading one document by its id, as of everything written through this coordinator. */
import type { Clock } from '../../base/clock.js';
import type { Deadline } from '../../base/deadline.js';
import { ShoalError } from '../../base/errors.js';
import type { ClusterView } from '../../cluster/shard-map/cluster-view.js';
import type { CollectionSettings } from '../../proto/generated/shoal/v1/collections.js';
import type { TokenVectors } from '../../proto/generated/shoal/v1/document.js';
import type { FetchedDocument } from '../../proto/generated/shoal/v1/shard.js';
import type { Appenders } from '../ingest/appenders.js';
import type { Peers } from '../peers.js';
import { checkSequenceUid, requiredFor } from '../search/required.js';
import { fetchLocated, locate, type FetchOptions, type Located, type LocateParts } from './located.js';
import { withPassages } from './passages.js';
import { visibleFilter } from './visible.js';

export interface ReadParts {
  readonly view: ClusterView;
  readonly peers: Peers;
  readonly appenders: Appenders;
  readonly clock: Clock;
}

/** How a document is read. */
export interface ReadOptions extends Pick<FetchOptions, 'withVectors'> {
  /** As of this log position; 0 = as of what was written through this coordinator. */
  readonly minSequence?: bigint;
}

/**
 * The newest version of the document `id`. NOT_FOUND when there is none or its time has passed, OUT_OF_RANGE for a position that the
 * log has not given yet, ABORTED when it is replaced faster than it is read.
 */
export async function getDocument(
  id: string,
  { minSequence = 0n, ...options }: ReadOptions,
  settings: CollectionSettings,
  parts: ReadParts & { readonly deadline: Deadline },
): Promise<FetchedDocument> {
  const heard = await heardPosition(minSequence, settings, parts, parts.deadline);
  const filter = visibleFilter('', settings, parts.clock.wallMs());
  const [place] = await locate([id], settings, { ...parts, heard });
  if (place) {
    const located: LocateParts = { ...parts, heard };
    const [found] = await readLocated([{ id, place }], { ...options, filter }, settings, located);
    if (found !== undefined) return exported(found, settings);
  }
  throw new ShoalError('NOT_FOUND', `document '${id}' does not exist in collection '${settings.name}'`);
}

/** The documents of `located` that are there and match, in their order, with all their passages where vectors are asked for. */
export async function readLocated(
  located: readonly Located[],
  options: FetchOptions,
  settings: CollectionSettings,
  parts: LocateParts,
): Promise<readonly FetchedDocument[]> {
  const { withVectors } = options;
  const found = await fetchLocated(located, { ...options, withRecord: withVectors }, settings, parts);
  const documents = located.flatMap(({ id }) => found.get(id) ?? []);
  return withVectors ? withPassages(documents, settings, parts) : documents;
}

/** What the directory must have heard for a read from `minSequence` on, which must be a position of the log. */
export async function heardPosition(
  minSequence: bigint,
  { uid }: Pick<CollectionSettings, 'uid'>,
  parts: ReadParts,
  deadline: Deadline,
): Promise<bigint> {
  const written = parts.appenders.writtenUpTo(uid);
  if (minSequence <= written) return written;
  // The directory alone would wait for a position of the future until time is up.
  await requiredFor(uid, minSequence, parts, deadline);
  return minSequence;
}

/** The position in `minSequence`; 0 for none. FAILED_PRECONDITION when it belongs to another collection. */
export function positionOf(
  minSequence: { readonly uid: string; readonly sequence: bigint } | undefined,
  settings: Pick<CollectionSettings, 'name' | 'uid'>,
): bigint {
  if (minSequence === undefined) return 0n;
  checkSequenceUid(minSequence, settings);
  return minSequence.sequence;
}

/**
 * As a user may write it again. BM25's weights come from the text again at import; to give them back would weigh them twice. Token rows
 * that were pooled say so; they would be pooled twice.
 */
export function exported(fetched: FetchedDocument, settings: CollectionSettings): FetchedDocument {
  const { document } = fetched;
  if (document === undefined) return fetched;
  const sparse = settings.sparseWeighting === 'bm25' ? undefined : document.sparse;
  if (settings.tokenPooling <= 1) return { ...fetched, document: { ...document, sparse } };
  const passages = document.passages.map((passage) => ({ ...passage, tokens: marked(passage.tokens) }));
  return { ...fetched, document: { ...document, sparse, tokens: marked(document.tokens), passages } };
}

function marked(tokens: TokenVectors | undefined): TokenVectors | undefined {
  return tokens && { ...tokens, pooled: tokens.codec === '' };
}
