import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import { runImport, type RejectedLine } from '../../../../../client/cli/import/run.js';
import { linesOf, type LineFile } from '../../../../../client/cli/import/lines.js';
import type { Document, ImportResult } from '../../../../../client/sdk/types.js';

function file(name: string, text: string, canReread = true): LineFile {
  return linesOf({ name, sizeBytes: 0, canReread }, () => Readable.from([Buffer.from(text)]));
}

/** Takes every document and refuses those named `refused`. */
async function take(documents: AsyncIterable<Document>): Promise<ImportResult> {
  const ids: string[] = [];
  for await (const document of documents) ids.push(document.id);
  const rejects = ids.flatMap((id, position) =>
    id === 'refused'
      ? [{ position, result: { id, docId: 0n, unchanged: false, error: { code: 'INVALID_ARGUMENT', message: 'no' } } }]
      : [],
  );
  const written = ids.length - rejects.length;
  return { uid: 'u', sequence: 5n, read: ids.length, written, unchanged: 0, rejected: rejects.length, rejects };
}

describe('an import', () => {
  const schema = { attributes: {}, dim: 0 };

  it('finds refused lines again by their position, over bad and blank lines and files', async () => {
    const rejected: RejectedLine[] = [];
    const summary = await runImport({
      files: [
        file('a', '{"id":"1","text":""}\n\nnonsense\n'),
        file('b', '\n{"id":"refused","text":"x"}\n{"id":"2","text":""}'),
      ],
      vectors: null,
      schema,
      send: take,
      onReject: async (line) => void rejected.push(line),
    });
    assert.deepEqual(
      rejected.map((line) => line.place),
      ['a:3', 'b:2'],
    );
    assert.equal(rejected[1]?.why, 'no (document refused)');
    assert.equal(Buffer.from(rejected[1]?.bytes ?? []).toString(), '{"id":"refused","text":"x"}');
    assert.deepEqual([summary.read, summary.written, summary.rejected, summary.sequence], [4, 2, 2, 5n]);
  });

  it('names refused lines also where they cannot be read again', async () => {
    const rejected: RejectedLine[] = [];
    await runImport({
      files: [file('-', '{"id":"refused","text":"x"}\n', false)],
      vectors: null,
      schema,
      send: take,
      onReject: async (line) => void rejected.push(line),
    });
    assert.deepEqual(rejected, [{ place: '-:1', why: 'no (document refused)', bytes: null }]);
  });
});
