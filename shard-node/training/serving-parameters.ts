/** What searches go by, as a training begins with it: files of the structure, and learned parameters. */
import { ShoalError } from '../../base/errors.js';
import { parametersObject } from '../../cluster/keys.js';
import type { ObjectStore } from '../../cluster/object-store.js';
import type { BeginTrainingRequest } from '../../proto/generated/shoal/v1/training.js';
import { readLearnedParametersFile, type LearnedParameters } from '../../vector-index/codebook/learned-parameters.js';

export interface ServingParameters {
  readonly file: Uint8Array;
  /** What is in the file. */
  readonly learned: LearnedParameters;
}

type Named = Pick<BeginTrainingRequest, 'uid' | 'parametersVersion'>;
type Objects = Pick<ObjectStore, 'get'>;

/** The object `name` of the structure that serves. UNAVAILABLE where it is not there any more. */
export async function servingObject(name: string, objects: Objects): Promise<Uint8Array> {
  const bytes = await objects.get(name);
  if (bytes !== null) return bytes;
  throw new ShoalError('UNAVAILABLE', `'${name}' is not in the object store; another structure serves by now`);
}

/** Null where none serve. UNAVAILABLE where they are not there any more, DATA_LOSS where they are damaged. */
export async function servingParameters(named: Named, objects: Objects): Promise<ServingParameters | null> {
  if (named.parametersVersion === 0) return null;
  const found = await read(named, objects);
  if (found !== null) return found;
  const what = `'${parametersObject(named.uid, named.parametersVersion)}' is not in the object store`;
  throw new ShoalError('UNAVAILABLE', `${what}; other parameters serve by now`);
}

/** The same, and null where they are gone or damaged: then searches go by the structure's own numbers, too. */
export async function parametersWhereReadable(named: Named, objects: Objects): Promise<ServingParameters | null> {
  if (named.parametersVersion === 0) return null;
  try {
    return await read(named, objects);
  } catch (thrown) {
    if (ShoalError.from(thrown).code === 'DATA_LOSS') return null;
    throw thrown;
  }
}

async function read({ uid, parametersVersion }: Named, objects: Objects): Promise<ServingParameters | null> {
  const file = await objects.get(parametersObject(uid, parametersVersion));
  return file === null ? null : { file, learned: readLearnedParametersFile(file) };
}
