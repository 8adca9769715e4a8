/** The structures that training published, as a shard node reads them from the object store: two files of one version. */
import { counted } from '../../base/counted.js';
import { ShoalError } from '../../base/errors.js';
import { codebookObject, structureObject } from '../../cluster/keys.js';
import { restoreRemedy } from '../../cluster/object-remedies.js';
import type { ObjectStore } from '../../cluster/object-store.js';
import type { CollectionSettings } from '../../proto/generated/shoal/v1/collections.js';
import { codedLists, readListCodebookFile } from '../../vector-index/codebook/list-codebook.js';
import type { ListStructure } from '../../vector-index/codebook/list-structure.js';
import { readStructureFile } from '../../vector-index/codebook/structure-file.js';
import { listCountOf } from '../../vector-index/codebook/structure.js';

/** Largest version that was never trained: 0, or that of centroids which the collection was made with. They have no codebook. */
export function givenVersion({
  codebooks,
  structureVersion,
}: Pick<CollectionSettings, 'codebooks' | 'structureVersion'>): number {
  const [first] = codebooks;
  return first === undefined ? structureVersion : first.structureVersion - 1;
}

/** The structure that settings name; null where it was never trained. Errors as of `readListStructure`. */
export async function trainedStructure(
  objects: ObjectStore,
  settings: Pick<CollectionSettings, 'uid' | 'codebooks' | 'structureVersion'>,
): Promise<ListStructure | null> {
  const { uid, structureVersion } = settings;
  return structureVersion > givenVersion(settings) ? await readListStructure(objects, uid, structureVersion) : null;
}

/** Version `version`. UNAVAILABLE while its files are not there, DATA_LOSS when they are damaged or do not belong together. */
export async function readListStructure(objects: ObjectStore, uid: string, version: number): Promise<ListStructure> {
  const read = async (name: string): Promise<Uint8Array> => {
    const bytes = await objects.get(name);
    if (bytes !== null) return bytes;
    throw new ShoalError('UNAVAILABLE', `'${name}' is not in the object store; it was deleted or is not there yet`);
  };
  const [structure, codebook] = await Promise.all([
    read(structureObject(uid, version)).then(readStructureFile),
    read(codebookObject(uid, version)).then(readListCodebookFile),
  ]);
  if (structure.dim === codebook.dim && listCountOf(structure) === codedLists(codebook))
    return { version, structure, codebook };
  const what = `structure ${version} of collection ${uid} has ${counted(listCountOf(structure), 'list')}`;
  throw new ShoalError('DATA_LOSS', `${what}, its codebook codes ${codedLists(codebook)}; ${restoreRemedy}`);
}
