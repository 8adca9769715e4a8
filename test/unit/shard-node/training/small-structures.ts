/** Structures of two lists in the plane, as training publishes them. */
import assert from 'node:assert/strict';
import { codebookObject, structureObject } from '../../../../cluster/keys.js';
import type { ObjectStore } from '../../../../cluster/object-store.js';
import type { Registry } from '../../../../cluster/registry.js';
import { TrainingRecord } from '../../../../proto/generated/shoal/v1/training.js';
import type { Leavings } from '../../../../shard-node/training/run-training.js';
import { writeLearnedParametersFile } from '../../../../vector-index/codebook/learned-parameters.js';
import { writeListCodebookFile, type ListCodebook } from '../../../../vector-index/codebook/list-codebook.js';
import { writeStructureFile } from '../../../../vector-index/codebook/structure-file.js';
import { type Structure } from '../../../../vector-index/codebook/structure.js';

export const structure: Structure = { dim: 2, centroids: Float32Array.of(1, 0, 0, 1) };

export const codebook: ListCodebook = {
  ...{ dim: 2, subquantizers: 1, dsub: 2, rescale: 0.001, anchor: 0.001 },
  words: Float32Array.from({ length: 32 }, (_, i) => i / 32 - 0.5),
  bases: structure.centroids,
  anchors: structure.centroids,
};

export async function storeVersion(
  objects: ObjectStore,
  uid: string,
  version: number,
  stored: Structure = structure,
): Promise<void> {
  await objects.put(structureObject(uid, version), writeStructureFile(stored));
  await objects.put(codebookObject(uid, version), writeListCodebookFile(codebook));
}

/** Learned parameters for the structure `version`, with `routes` float32[2, 2]. */
export function parametersFile(version: number, routes: Float32Array): Uint8Array {
  const shape = { dim: 2, lists: 2, subquantizers: 1, dsub: 2 };
  return writeLearnedParametersFile({ structureVersion: version, ...shape, scanWords: codebook.words, routes });
}

/** An object store in memory. */
export function memoryObjects(): ObjectStore {
  const held = new Map<string, Uint8Array>();
  return {
    put: async (name, bytes) => void held.set(name, bytes),
    get: async (name) => held.get(name) ?? null,
    list: async (prefix) => [...held.keys()].filter((name) => name.startsWith(prefix)).sort(),
    delete: async (name) => void held.delete(name),
  };
}

/** A registry that holds `record` as the latest training of every collection; null = it holds none. */
export function registryWith(record: Parameters<typeof TrainingRecord.fromPartial>[0] | null): Pick<Registry, 'get'> {
  const value = record && TrainingRecord.encode(TrainingRecord.fromPartial(record)).finish();
  return { get: async (key) => value && { key, value, revision: 1n } };
}

/** Of trainings that leave nothing. */
export const noLeavings: Leavings = {
  left: () => assert.fail('something is left'),
  resumed: () => assert.fail('it goes on from something'),
  refused: (why) => assert.fail(why),
};

/** Vectors float32[n, 2] around the circle. */
export function circle(count: number): Float32Array {
  return Float32Array.from(Array.from({ length: count }, (_, i) => [Math.cos(i * 2.4), Math.sin(i * 2.4)]).flat());
}
