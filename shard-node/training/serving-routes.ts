/** The structure that serves as searches go by it: with the routes that were learned for it since, where there are any. */
import type { LearnedParameters } from '../../vector-index/codebook/learned-parameters.js';
import { readStructureFile, writeStructureFile } from '../../vector-index/codebook/structure-file.js';

/**
 * The file of structure `version`, `file`, with the routes of the learned parameters that serve, null = none. Where lists were split since these were
 * learned, the structure has them already. DATA_LOSS where `file` is damaged.
 */
export function withServingRoutes(file: Uint8Array, version: number, learned: LearnedParameters | null): Uint8Array {
  if (learned?.routes === undefined || learned.structureVersion !== version) return file;
  return writeStructureFile({ ...readStructureFile(file), routing: learned.routes });
}
