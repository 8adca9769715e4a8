/** The structure that serves as searches go by it: with the routes that were learned for it since, where there are any. */
import { ShoalError } from '../../base/errors.js';
import { parametersObject } from '../../cluster/keys.js';
import type { ObjectStore } from '../../cluster/object-store.js';
import type { BeginTrainingRequest } from '../../proto/generated/shoal/v1/training.js';
import { readLearnedParametersFile } from '../../vector-index/codebook/learned-parameters.js';
import { readStructureFile, writeStructureFile } from '../../vector-index/codebook/structure-file.js';

/**
 * The file of a structure, `file`, with those routes. Where lists were split since they were learned, the structure has them already. UNAVAILABLE
 * where the learned parameters that serve are not there, DATA_LOSS where they are damaged.
 */
export async function withServingRoutes(
  file: Uint8Array,
  {
    uid,
    structureVersion,
    parametersVersion,
  }: Pick<BeginTrainingRequest, 'uid' | 'structureVersion' | 'parametersVersion'>,
  objects: Pick<ObjectStore, 'get'>,
): Promise<Uint8Array> {
  if (parametersVersion === 0) return file;
  const name = parametersObject(uid, parametersVersion);
  const bytes = await objects.get(name);
  if (bytes === null)
    throw new ShoalError('UNAVAILABLE', `'${name}' is not in the object store; other parameters serve by now`);
  const { routes, structureVersion: learnedFor } = readLearnedParametersFile(bytes);
  if (routes === undefined || learnedFor !== structureVersion) return file;
  return writeStructureFile({ ...readStructureFile(file), routing: routes });
}

/** The same, and `file` itself where learned parameters are gone or damaged: then searches go by the structure's own routes, too. */
export async function routesWhereReadable(...given: Parameters<typeof withServingRoutes>): Promise<Uint8Array> {
  try {
    return await withServingRoutes(...given);
  } catch (thrown) {
    const { code } = ShoalError.from(thrown);
    if (code !== 'UNAVAILABLE' && code !== 'DATA_LOSS') throw thrown;
    return given[0];
  }
}
