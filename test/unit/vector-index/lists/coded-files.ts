/** Segments of coded rows, in memory and in a file. */
import { join } from 'node:path';
import type { IndexDocument } from '../../../../vector-index/document.js';
import { codeDocuments } from '../../../../vector-index/lists/code-documents.js';
import type { ListCoder } from '../../../../vector-index/lists/list-coder.js';
import { MutableSegment } from '../../../../vector-index/segment/mutable-segment.js';
import { SealedSegment } from '../../../../vector-index/segment/sealed-segment.js';
import { writeSegment } from '../../../../vector-index/segment/write-segment.js';
import { systemFiles } from '../../../../vector-index/system-files.js';
import { inFolder } from '../../../temporary-folder.js';
import { weakHash, writingParts } from '../fixtures.js';

export function codedMutable(coder: ListCoder, documents: readonly IndexDocument[]): MutableSegment {
  const segment = new MutableSegment(coder.dim, coder);
  for (const { document, code } of codeDocuments(coder, documents)) segment.add(document, weakHash(document.id), code);
  return segment;
}

/** Calls `work` with `documents` in memory and as one file, which is closed afterwards. */
export function withCoded(
  coder: ListCoder,
  documents: readonly IndexDocument[],
  work: (mutable: MutableSegment, sealed: SealedSegment, path: string) => void | Promise<void>,
): Promise<void> {
  return inFolder(async (directory) => {
    const path = join(directory, 'one.segment');
    const mutable = codedMutable(coder, documents);
    const source = { reader: mutable, rowCount: mutable.rowCount, live: null };
    await writeSegment(path, [source], { dim: coder.dim, tokenDim: 8 }, writingParts);
    const sealed = SealedSegment.open(systemFiles, path);
    try {
      await work(mutable, sealed, path);
    } finally {
      sealed.close();
    }
  });
}
