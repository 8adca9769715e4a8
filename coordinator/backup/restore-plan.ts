/** What a restore is going to make: settings, placements and the destination of every member. Pure; hostile manifests end here. */
import { bufferOf } from '../../base/bytes.js';
import { ShoalError } from '../../base/errors.js';
import { limits } from '../../base/limits.js';
import { parseManifest } from '../../cluster/archive/archive-manifest.js';
import type { ArchiveManifest } from '../../cluster/archive/archive.js';
import type { ClusterMap } from '../../cluster/shard-map/cluster-map.js';
import { attributeTypeName, attributeTypes } from '../../proto/attributes.js';
import type { RestoreStart } from '../../proto/generated/shoal/v1/backup.js';
import { CollectionSettings } from '../../proto/generated/shoal/v1/collections.js';
import { isSecondBits } from '../../vector-index/codebook/list-codebook.js';
import type { Placed } from '../collections/create.js';
import { checkName, dimMax } from '../collections/validate.js';
import { placeDirectory, placeShards } from '../placement/place.js';

const replicasMax = 100;

/** Members that are objects of the collection. */
export type HeldKind = 'structure' | 'codebook' | 'parameters' | 'codec';

/** Where a member goes. */
export type Destination =
  | { readonly kind: HeldKind }
  | { readonly kind: 'file'; readonly shard: number; readonly file: string }
  | { readonly kind: 'records'; readonly shard: number };

export interface RestorePlan {
  readonly manifest: ArchiveManifest;
  /** Of the new collection. */
  readonly settings: CollectionSettings;
  readonly placed: Placed;
  /** By member. */
  readonly destinations: ReadonlyMap<string, Destination>;
}

/**
 * The plan of a restore under a new `uid` at `wallMs`. DATA_LOSS, INVALID_ARGUMENT or FAILED_PRECONDITION say why the manifest cannot
 * be one, FAILED_PRECONDITION also that there are too few nodes.
 */
export function planRestore(
  start: RestoreStart,
  map: ClusterMap,
  { uid, wallMs }: { readonly uid: string; readonly wallMs: number },
): RestorePlan {
  checkName(start.collection, 'collection');
  const manifest = parseManifest(start.manifest);
  const archived = settingsOf(manifest);
  const replicas = start.replicas === 0 ? archived.replicas : start.replicas;
  if (replicas < 1 || replicas > replicasMax) {
    throw new ShoalError('INVALID_ARGUMENT', `replicas are ${replicas}; they must be 1 to ${replicasMax}`);
  }
  const settings = { ...archived, name: start.collection, uid, replicas, created: new Date(wallMs) };
  const shards = [...manifest.shards].sort((a, b) => a.shard - b.shard);
  const numbered = placeShards(
    map,
    settings,
    shards.map(({ lists }) => lists),
  );
  const placed = {
    shards: numbered.map((placement, at) => {
      const { shard, generation, lists } = shards[at]!;
      return { ...placement, shard, generation, lists: bufferOf(lists) };
    }),
    directory: placeDirectory(map, settings, manifest.directoryPartitions),
  };
  return { manifest, settings, placed, destinations: destinationsOf(manifest) };
}

function destinationsOf({ shards, structure, codebook, parameters, codec }: ArchiveManifest): Map<string, Destination> {
  const destinations = new Map<string, Destination>();
  if (structure !== null) destinations.set(structure, { kind: 'structure' });
  if (codebook !== null) destinations.set(codebook, { kind: 'codebook' });
  if (parameters !== null) destinations.set(parameters, { kind: 'parameters' });
  if (codec !== null) destinations.set(codec.member, { kind: 'codec' });
  for (const { shard, files, log } of shards) {
    for (const { file, member } of files) destinations.set(member, { kind: 'file', shard, file });
    destinations.set(log, { kind: 'records', shard });
  }
  return destinations;
}

function settingsOf(manifest: ArchiveManifest): CollectionSettings {
  const settings = decoded(manifest.settings);
  const { dim, tokenDim, tokenCodec, structureVersion, codebookVersion, sparseWeighting, bm25AverageLength } = settings;
  if (dim < 1 || dim > dimMax || tokenDim > dimMax) throw wrong(`its vectors have ${dim} and ${tokenDim} dimensions`);
  if (sparseWeighting !== 'bm25' && sparseWeighting !== 'learned')
    throw wrong(`it weighs terms by '${sparseWeighting}'`);
  if (!(bm25AverageLength > 0 && Number.isFinite(bm25AverageLength)))
    throw wrong(`its average length is ${bm25AverageLength}`);
  if (settings.tokenPooling > limits.tokenPoolingMax) throw wrong(`its token pooling is ${settings.tokenPooling}`);
  const odd = settings.codebooks.find(({ secondBits }) => secondBits !== 0 && !isSecondBits(secondBits));
  if (odd !== undefined) throw wrong(`second codes of its codebook ${odd.version} have ${odd.secondBits} bits`);
  if (tokenCodec !== (manifest.codec?.version ?? ''))
    throw wrong(`its codec is not the '${tokenCodec}' of its settings`);
  if (structureVersion > 0 !== (manifest.structure !== null)) throw wrong('its structure is not that of its settings');
  if (codebookVersion > 0 !== (manifest.codebook !== null)) throw wrong('its codebook is not that of its settings');
  if (settings.parametersVersion > 0 !== (manifest.parameters !== null))
    throw wrong('its learned parameters are not those of its settings');
  if (settings.parametersVersion > 0 && codebookVersion === 0) throw wrong('it has learned parameters and no codebook');
  if (codebookVersion > 0 && structureVersion === 0) throw wrong('it has a codebook and no structure');
  const lists = manifest.shards.flatMap((shard) => [...shard.lists]);
  if (manifest.structure === null && (lists.length !== 1 || lists[0] !== 0))
    throw wrong('it has lists and no structure');
  checkAttributes(settings);
  return settings;
}

function checkAttributes({ attributes, expiresBy }: CollectionSettings): void {
  // The decoder assigns what it reads, which makes an attribute of this name the prototype of the others.
  if (Object.getPrototypeOf(attributes) !== Object.prototype) throw wrong('it has the reserved attribute __proto__');
  for (const [name, type] of Object.entries(attributes)) {
    if (attributeTypeName(type) === 'unknown') throw wrong(`its attribute '${name}' has the unknown type ${type}`);
  }
  if (expiresBy !== '' && attributes[expiresBy] !== attributeTypes.timestamp) {
    throw wrong(`it expires by '${expiresBy}', which is no timestamp`);
  }
}

function decoded(bytes: Uint8Array): CollectionSettings {
  try {
    return CollectionSettings.decode(bytes);
  } catch (error) {
    throw wrong('its settings cannot be read', error);
  }
}

function wrong(why: string, cause?: unknown): ShoalError {
  return new ShoalError('INVALID_ARGUMENT', `this backup cannot be restored: ${why}`, { cause });
}
