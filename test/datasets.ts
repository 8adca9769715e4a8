/** The labelled collections that lie beside the repository, where there are any: BEIR folders in ../shared/data. */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { documentFromJson, parseJsonLine } from '../client/cli/import/document-json.js';
import { openLines } from '../client/cli/import/lines.js';
import { beirFile } from '../client/cli/import/sources.js';
import type { Document } from '../client/sdk/types.js';

/** What a test says that cannot run without `name`. */
export function missingDataset(name: string): string {
  return `${name} is not there: it wants the BEIR folder ../shared/data/${name} beside the repository`;
}

/** The folder of the collection `name`; null when it is not there. */
export function datasetFolder(name: string): string | null {
  const folder = fileURLToPath(new URL(`../../shared/data/${name}`, import.meta.url));
  return existsSync(folder) ? folder : null;
}

/** The first `limit` documents of a BEIR folder's corpus, as an import reads them. */
export async function* corpusDocuments(folder: string, limit = Infinity): AsyncGenerator<Document> {
  let count = 0;
  for await (const { bytes } of (await openLines(beirFile(folder, 'corpus'))).lines()) {
    if (count === limit) return;
    if (bytes === null || bytes.length === 0) continue;
    count += 1;
    yield documentFromJson(parseJsonLine(bytes), { attributes: {}, dim: 0 });
  }
}
