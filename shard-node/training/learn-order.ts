/** What parameters are learned for: the structure that serves, as it is in the object store, and what it is asked with. */
import { float32From } from '../../base/bytes.js';
import { ShoalError } from '../../base/errors.js';
import { codebookObject, parametersObject, structureObject } from '../../cluster/keys.js';
import type { ObjectStore } from '../../cluster/object-store.js';
import type { BeginTrainingRequest } from '../../proto/generated/shoal/v1/training.js';
import type { LearnOrder } from './run-training.js';
import { routesWhereReadable } from './serving-routes.js';

/** UNAVAILABLE where a file of the structure is not there. */
export async function learnOrderFor(
  {
    uid,
    structureVersion,
    codebookVersion,
    parametersVersion,
    queries,
    probes,
    shortProbes,
  }: Pick<
    BeginTrainingRequest,
    'uid' | 'structureVersion' | 'codebookVersion' | 'parametersVersion' | 'queries' | 'probes' | 'shortProbes'
  >,
  objects: Pick<ObjectStore, 'get'>,
): Promise<LearnOrder> {
  const read = async (name: string): Promise<Uint8Array> => {
    const bytes = await objects.get(name);
    if (bytes !== null) return bytes;
    throw new ShoalError('UNAVAILABLE', `'${name}' is not in the object store; another structure serves by now`);
  };
  const serving = { uid, structureVersion, parametersVersion };
  return {
    ...{ probes, shortProbes },
    version: structureVersion,
    structure: await routesWhereReadable(await read(structureObject(uid, structureVersion)), serving, objects),
    codebook: await read(codebookObject(uid, codebookVersion)),
    queries: float32From(queries, 'queries'),
    serving: parametersVersion === 0 ? null : await parametersOf(parametersObject(uid, parametersVersion), objects),
  };
}

/** Null where they are gone or damaged: then searches go by the codes' own numbers, and so does what is learned. */
async function parametersOf(name: string, objects: Pick<ObjectStore, 'get'>): Promise<Uint8Array | null> {
  try {
    return await objects.get(name);
  } catch (thrown) {
    if (ShoalError.from(thrown).code === 'DATA_LOSS') return null;
    throw thrown;
  }
}
