/** A whole encoder node with the tiny model, asked over gRPC. */
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { credentials } from '@grpc/grpc-js';
import { systemClock } from '../../../base/clock.js';
import { createLogger } from '../../../base/logger.js';
import { openEmbedded } from '../../../cluster/embedded/open.js';
import { keys } from '../../../cluster/keys.js';
import type { Registry } from '../../../cluster/registry.js';
import { startEncoderNode } from '../../../encoder-node/main.js';
import { Node, NodeKind } from '../../../proto/generated/shoal/v1/cluster.js';
import {
  EncodeRequest,
  EncoderClient,
  InputType,
  type EncodeResponse,
  type GetEncoderInfoResponse,
} from '../../../proto/generated/shoal/v1/encoder.js';
import { tinyCodec, tinyDim, tinyEarlier, withTinyHead, withTinyModel } from './tiny-model.js';

const logger = createLogger('test', 'silent');
const text = { title: '', text: 'fish shoe' };

interface Rig {
  readonly registry: Registry;
  readonly client: EncoderClient;
  encode(request: Parameters<typeof EncodeRequest.fromPartial>[0]): Promise<EncodeResponse>;
  drain(): Promise<void>;
}

async function withNode<T>(
  work: (rig: Rig) => Promise<T>,
  config: { queueLimit?: number; executionProvider?: 'cpu' | 'cuda' } = {},
  change?: Parameters<typeof withTinyModel>[1],
): Promise<T> {
  const directory = await mkdtemp(join(tmpdir(), 'shoal-encoder-'));
  const { registry, close } = await openEmbedded({ directory, clock: systemClock, logger });
  try {
    return await withTinyModel(async (modelDirectory) => {
      const own = { id: 'e1', modelDirectory, workers: 1, intraOpThreads: 1, ...config };
      const node = await startEncoderNode({ config: own, registry, clock: systemClock, logger });
      const client = new EncoderClient(node.address, credentials.createInsecure());
      const encode: Rig['encode'] = (request) =>
        new Promise((resolve, reject) => {
          client.encode(EncodeRequest.fromPartial(request ?? {}), (error, response) =>
            error === null ? resolve(response) : reject(error),
          );
        });
      try {
        return await work({ registry, client, encode, drain: () => node.drain() });
      } finally {
        client.close();
        await node.close();
      }
    }, change);
  } finally {
    await close();
    await rm(directory, { recursive: true, force: true });
  }
}

describe('an encoder node', () => {
  it('is listed with its model while it runs, and not when it has drained', async () => {
    await withNode(async ({ registry, drain }) => {
      const entry = await registry.get(keys.node('e1'));
      const node = Node.decode(entry?.value ?? new Uint8Array(0));
      assert.deepEqual([node.kind, node.model, node.executionProvider], [NodeKind.NODE_KIND_ENCODER, 'tiny', 'cpu']);
      assert.match(node.modelDigest, /^[0-9a-f]{64}$/);
      await drain();
      assert.equal(await registry.get(keys.node('e1')), null);
    });
  });

  it('says what its model is', async () => {
    await withNode(async ({ client }) => {
      const info = await new Promise<GetEncoderInfoResponse>((resolve, reject) => {
        client.getEncoderInfo({}, (error, response) => (error === null ? resolve(response) : reject(error)));
      });
      assert.deepEqual(
        [info.model, info.dim, info.tokenDim, info.reduction, info.sparse],
        ['tiny', tinyDim, tinyDim, 'mean', 'bm25'],
      );
      assert.equal(info.tokenCodec, tinyCodec().version);
      assert.deepEqual(Uint8Array.from(info.tokenCodecTables), tinyCodec().serialize());
    });
  });

  it('encodes over unary calls and over its stream alike', async () => {
    await withNode(async ({ client, encode }) => {
      const request = { inputType: InputType.INPUT_TYPE_QUERY, texts: [text], dense: true, multi: true, sparse: true };
      const unary = await encode(request);
      const stream = client.encodeStream();
      const streamed = await new Promise<EncodeResponse>((resolve, reject) => {
        stream.on('data', resolve);
        stream.on('error', reject);
        stream.write(EncodeRequest.fromPartial({ ...request, seq: 5n }));
      });
      stream.end();
      assert.equal(streamed.seq, 5n);
      assert.deepEqual(streamed.encodings, unary.encodings);
    });
  });

  it('tells members which models its own succeeds, and answers as each of them', async () => {
    await withNode(
      async ({ registry, encode }) => {
        const entry = await registry.get(keys.node('e1'));
        const { earlierDigests } = Node.decode(entry?.value ?? new Uint8Array(0));
        assert.deepEqual(earlierDigests, [tinyEarlier]);
        const request = { inputType: InputType.INPUT_TYPE_DOCUMENT, texts: [text], dense: true, sparse: true };
        const [own] = (await encode(request)).encodings;
        const [earlier] = (await encode({ ...request, modelDigest: tinyEarlier })).encodings;
        assert.deepEqual([own?.termScales.length, earlier?.termScales.length], [8, 0]);
        assert.deepEqual([own?.sparse, own?.dense], [earlier?.sparse, earlier?.dense]);
      },
      {},
      withTinyHead,
    );
  });

  it('answers a full queue with RESOURCE_EXHAUSTED', async () => {
    const texts = Array.from({ length: 9 }, () => text);
    const request = { inputType: InputType.INPUT_TYPE_DOCUMENT, texts, dense: true };
    await withNode(({ encode }) => assert.rejects(encode(request), { code: 8, details: /more than its limit of 8/ }), {
      queueLimit: 8,
    });
  });

  it('refuses to start without the GPU that it was told to use', async () => {
    await assert.rejects(
      withNode(() => Promise.resolve(), { executionProvider: 'cuda' }),
      {
        code: 'FAILED_PRECONDITION',
        message: /cuda was asked for and is not usable here/,
      },
    );
  });
});
