/** Token vectors of many passages as one matrix: what the token codec is trained on. */
import { EncoderSession } from '../../encoder-node/model/session.js';
import type { ModelManifest } from '../../encoder-node/model/manifest.js';
import { present } from '../../base/assert.js';

/** Rows float32[n, dim] of the sequences `ids`, one behind the other, from the manifest's first token on. */
export async function tokenRows(
  graphPath: string,
  manifest: ModelManifest,
  ids: readonly Int32Array[],
): Promise<Float32Array> {
  const { dim } = present(manifest.outputs.multi, 'the multi output');
  const { firstToken } = manifest.document;
  const session = await EncoderSession.open({
    graphPath,
    manifest,
    codec: null,
    sparseHead: null,
    executionProvider: 'cpu',
    intraOpThreads: 2,
  });
  const total = ids.reduce((sum, each) => sum + each.length - firstToken, 0);
  const rows = new Float32Array(total * dim);
  let at = 0;
  try {
    for (const sequence of ids) {
      const positions = Int32Array.from({ length: sequence.length - firstToken }, (_, i) => i + firstToken);
      const batch = [
        {
          ids: sequence,
          attended: sequence.length,
          wantsDense: false,
          rows: positions,
          isCoded: false,
          pooling: 1,
          side: 'documents' as const,
        },
      ];
      const bytes = present((await session.run(batch))[0]?.tokens, 'token rows');
      rows.set(new Float32Array(bytes.buffer), at);
      at += positions.length * dim;
    }
  } finally {
    await session.close();
  }
  return rows;
}
