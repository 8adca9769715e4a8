/** Whether a model's folder works: an encoder node is started on it and encodes a query. */
import { counted } from '../../../base/counted.js';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLogger } from '../../../base/logger.js';
import { openEmbedded } from '../../../cluster/embedded/open.js';
import { startEncoderNode } from '../../../encoder-node/main.js';
import { EncodeRequest, EncoderClient, InputType } from '../../../proto/generated/shoal/v1/encoder.js';
import { ShoalError } from '../../../base/errors.js';
import { channelCredentials, channelOptions, unary, type Target } from '../../sdk/call.js';
import type { Clock } from '../../../base/clock.js';

export interface ModelReport {
  readonly model: string;
  readonly digest: string;
  readonly dim: number;
  readonly tokenDim: number;
  readonly tokenCodec: string;
  readonly sparse: string;
  readonly executionProvider: string;
  /** Tokens of the query that was encoded. */
  readonly queryTokens: number;
  readonly encodeMs: number;
}

const query = 'which passages of this corpus answer my question';

/** Loads the model in `directory` and encodes a query. Errors are the encoder node's own: a wrong checksum is DATA_LOSS. */
export async function checkModel(directory: string, clock: Clock): Promise<ModelReport> {
  const scratch = await mkdtemp(join(tmpdir(), 'shoal-model-'));
  const logger = createLogger('shoal', 'warn');
  const embedded = await openEmbedded({ directory: scratch, clock, logger });
  try {
    const config = {
      id: 'check',
      host: '127.0.0.1',
      port: 0,
      modelDirectory: directory,
      executionProvider: 'cpu' as const,
    };
    const node = await startEncoderNode({ config, registry: embedded.registry, logger, clock });
    try {
      return await askModel({ address: node.address, clock, deadlineMs: 60_000 });
    } finally {
      await node.close();
    }
  } finally {
    await embedded.close();
    await rm(scratch, { recursive: true, force: true });
  }
}

async function askModel(target: Target): Promise<ModelReport> {
  const client = new EncoderClient(target.address, channelCredentials, channelOptions);
  try {
    const info = await unary(target, client.getEncoderInfo.bind(client), {});
    const request = EncodeRequest.fromPartial({
      inputType: InputType.INPUT_TYPE_QUERY,
      texts: [{ title: '', text: query }],
      dense: true,
      sparse: info.sparse !== '',
      multi: info.tokenDim > 0,
    });
    const startMs = target.clock.monotonicMs();
    const { encodings } = await unary(target, client.encode.bind(client), request);
    const encodeMs = target.clock.monotonicMs() - startMs;
    const dim = (encodings[0]?.dense.byteLength ?? 0) / 4;
    if (dim !== info.dim) {
      throw new ShoalError(
        'FAILED_PRECONDITION',
        `the manifest says ${counted(info.dim, 'dimension')}, but the model gives ${dim}`,
      );
    }
    return {
      model: info.model,
      digest: info.modelDigest,
      dim,
      tokenDim: info.tokenDim,
      tokenCodec: info.tokenCodec,
      sparse: info.sparse,
      executionProvider: info.executionProvider,
      queryTokens: encodings[0]?.tokens?.count ?? 0,
      encodeMs,
    };
  } finally {
    client.close();
  }
}
