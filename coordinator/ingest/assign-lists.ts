/** Third step of a write: every passage gets the inverted list of its vector. */
import type { LogDocument } from '../../proto/generated/shoal/v1/log.js';
import { nearestList, type Structure } from '../../vector-index/codebook/structure.js';

/** Sets `list` and `home` of `documents` and of their passages; list 0 without a structure, and for what has no vector. */
export async function assignLists(documents: readonly LogDocument[], structure: Structure | null): Promise<void> {
  if (structure === null) return;
  const passages = documents
    .flatMap((document) => [document, ...document.further])
    .filter(({ dense }) => dense.length > 0);
  if (passages.length === 0) return;
  const { dim } = structure;
  const points = new Float32Array(passages.length * dim);
  const bytes = Buffer.from(points.buffer);
  passages.forEach(({ dense }, i) => dense.copy(bytes, i * dim * 4));
  const lists = await nearestList(structure, points);
  passages.forEach((passage, i) => (passage.list = lists[i]!));
  for (const document of documents) {
    document.home = document.list;
    for (const passage of document.further) passage.home = document.list;
  }
}
