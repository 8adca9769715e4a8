/** What the log writes for a document: little more than its text, its codes and its dense vector, and no raw token vectors. */
import assert from 'node:assert/strict';
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { systemClock } from '../../base/clock.js';
import { createLogger } from '../../base/logger.js';
import { seededRandom } from '../../base/random.js';
import { startCluster } from '../../client/cli/dev/cluster.js';
import { connect, type ShoalClient } from '../../client/sdk/connect.js';
import type { Document, StoredDocument } from '../../client/sdk/types.js';
import { readyDocuments } from '../bench/support/ready-vectors.js';
import { glosses } from '../bench/support/workload.js';
import { folderPerTest } from '../temporary-folder.js';

const overheadMax = 1.2;

describe('the log of an import', () => {
  const folder = folderPerTest();

  /** Bytes of the log's records over those of the documents in it. */
  async function overhead(documents: readonly Document[], model: string): Promise<number> {
    const encoderNodes = model === 'none' ? 0 : 1;
    const options = { dataDirectory: folder(), shardNodes: 1, encoderNodes, replicas: 1, port: 0 };
    const logger = createLogger('test', 'silent');
    const cluster = await startCluster({ ...options, clock: systemClock, logger });
    const client = connect({ address: cluster.address });
    try {
      const dim = documents[0]?.vector?.length;
      await client.collections.create('all', dim === undefined ? {} : { model, dim });
      await client.documents.import('all', documents);
      return logBytes(folder()) / (await contentBytes(client));
    } finally {
      await client.close();
      await cluster.close();
    }
  }

  it(`has at most ${overheadMax} times the bytes of ready vectors and text`, async function () {
    this.timeout(60_000);
    const ratio = await overhead(readyDocuments(seededRandom(3), 4_000), 'none');
    assert.ok(ratio <= overheadMax, `${ratio.toFixed(3)} times`);
  });

  it(`has at most ${overheadMax} times the bytes of text, token codes, terms and dense vector`, async function () {
    this.timeout(120_000);
    const { documents } = await glosses(400, 1);
    const ratio = await overhead(documents, 'default');
    assert.ok(ratio <= overheadMax, `${ratio.toFixed(3)} times`);
  });
});

/** Text, float32 dense vector, token codes and terms of every document. */
async function contentBytes(client: ShoalClient): Promise<number> {
  let bytes = 0;
  for await (const stored of client.documents.scroll('all', { withVectors: true })) bytes += bytesOfDocument(stored);
  return bytes;
}

function bytesOfDocument({ id, title, text, vector, tokens, sparse }: StoredDocument): number {
  const texts = Buffer.byteLength(id) + Buffer.byteLength(title ?? '') + Buffer.byteLength(text ?? '');
  return texts + (vector?.byteLength ?? 0) + (tokens?.rows.byteLength ?? 0) + (sparse?.termIds.byteLength ?? 0) * 2;
}

/** Sizes of the data files of all streams. */
function logBytes(directory: string): number {
  const folder = join(directory, 'log');
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile() && entry.name.endsWith('.mdb'));
  return files.reduce((sum, { parentPath, name }) => sum + statSync(join(parentPath, name)).size, 0);
}
