/** What parameters are learned for: the structure that serves, as it is in the object store, and what it is asked with. */
import { float32From } from '../../base/bytes.js';
import { codebookObject, structureObject } from '../../cluster/keys.js';
import type { ObjectStore } from '../../cluster/object-store.js';
import type { BeginTrainingRequest } from '../../proto/generated/shoal/v1/training.js';
import type { LearnOrder } from './run-training.js';
import { parametersWhereReadable, servingObject } from './serving-parameters.js';
import { withServingRoutes } from './serving-routes.js';

/**
 * UNAVAILABLE where a file of the structure is not there. Where learned parameters are gone or damaged, searches go by the codes’ own numbers, and
 * so does what is learned.
 */
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
  const serving = await parametersWhereReadable({ uid, parametersVersion }, objects);
  const structure = await servingObject(structureObject(uid, structureVersion), objects);
  return {
    ...{ probes, shortProbes },
    version: structureVersion,
    structure: withServingRoutes(structure, structureVersion, serving?.learned ?? null),
    codebook: await servingObject(codebookObject(uid, codebookVersion), objects),
    queries: float32From(queries, 'queries'),
    serving: serving?.file ?? null,
  };
}
