/**
 * Which lists should a document be in? Those of its vectors by the structure object alone: where all replicas agree, all may be wrong.
 *
 * A row's list is a function of its vector and the structure: of a trained list, for ever, and of the nearest of its parts, whether the
 * coordinator chose it from float32, or a shard from the vector as fp16 has it. Between the two a vector may be nearest to one list before
 * it is rounded and to another after, and then either is right. Those of a simulation are exact in fp16, so a row has one right list here,
 * and where vectors lie in two, a second one.
 */
import { structureObject } from '../../cluster/keys.js';
import { secondLists } from '../../vector-index/codebook/second-lists.js';
import { readStructureFile } from '../../vector-index/codebook/structure-file.js';
import { nearestList } from '../../vector-index/codebook/structure.js';
import type { Session } from './session.js';

/** What is wrong with `held`, by list the docIds in it, under structure `version`; null when nothing is. */
export async function wrongList(
  session: Session,
  held: readonly (readonly bigint[])[],
  version: number,
): Promise<string | null> {
  if (version === 0) return null;
  const file = session.cluster.world.objects.objects.get(structureObject(session.collection.uid, version));
  if (file === undefined) return `structure ${version} is not in the object store`;
  const structure = readStructureFile(file);
  const found = new Map<bigint, number[]>();
  for (const [list, docIds] of held.entries())
    for (const docId of docIds) found.set(docId, [...(found.get(docId) ?? []), list]);
  for (const [docId, lists] of found) {
    const vectors = vectorsOf(session, docId);
    if (vectors === null) continue;
    const points = Float32Array.from(vectors.flatMap((vector) => [...vector]));
    const firsts = await nearestList(structure, points);
    const seconds = structure.around === undefined ? firsts : secondLists(structure, points, firsts);
    const wrong = lists.find((list) => !firsts.includes(list) && !seconds.includes(list));
    if (wrong !== undefined)
      return `${docId} is in list ${wrong}, not in ${[...new Set([...firsts, ...seconds])].join()}`;
    // Of a write that nobody was told of, passages but the first may be missing.
    if (!lists.includes(firsts[0]!) || !lists.includes(seconds[0]!))
      return `${docId} is in ${lists.join()}, not in ${firsts[0]} and ${seconds[0]}`;
  }
  return null;
}

/** Of the passages of `docId`, the primary one first; null where it is not known what it is. */
function vectorsOf({ oracle, intents }: Session, docId: bigint): readonly Float32Array[] | null {
  const version = oracle.version(docId);
  if (version === null || oracle.isInDoubt(version.id)) return null;
  return intents.content(version.token)?.vectors ?? null;
}
