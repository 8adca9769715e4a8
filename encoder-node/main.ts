/** One encoder node: a model in sessions, asked over gRPC. Straight-line: load, start, warm up, say so, hand back how to stop. */
import type { Clock } from '../base/clock.js';
import { Deadline } from '../base/deadline.js';
import { limits } from '../base/limits.js';
import type { Logger } from '../base/logger.js';
import { version } from '../base/version.js';
import { Membership } from '../cluster/membership/membership.js';
import type { Registry } from '../cluster/registry.js';
import { startRpcServer } from '../cluster/rpc/server.js';
import { NodeKind, type Node } from '../proto/generated/shoal/v1/cluster.js';
import { EncodeRequest, EncoderService, InputType } from '../proto/generated/shoal/v1/encoder.js';
import type { BatchPolicy } from './batch/batch-queue.js';
import { Scheduler, type TokenTotals } from './batch/scheduler.js';
import { encoderNodeConfigSchema, type EncoderNodeConfig, type EncoderNodeConfigInput } from './config.js';
import { encode, type EncoderParts } from './encode.js';
import { loadModel } from './model/load-model.js';
import { SessionPool } from './model/session-pool.js';
import { encoderService } from './service.js';
import { sequenceShape } from './batch/sequence-shape.js';

export interface EncoderNodeOptions {
  readonly config: EncoderNodeConfigInput;
  readonly registry: Registry;
  readonly clock: Clock;
  readonly logger: Logger;
}

export interface RunningEncoderNode {
  /** HOST:PORT of its gRPC server. */
  readonly address: string;
  /** Tokens encoded since start, with and without padding. */
  tokens(): TokenTotals;
  /** Leaves the cluster, finishes what is under way and closes. */
  drain(): Promise<void>;
  /** Stops; texts that wait are dropped. Idempotent. */
  close(): Promise<void>;
}

/** Starts an encoder node; resolves when it has encoded a text and is listed. Errors are those of the model and its sessions. */
export async function startEncoderNode(options: EncoderNodeOptions): Promise<RunningEncoderNode> {
  const { registry, clock, logger } = options;
  const config = encoderNodeConfigSchema.parse(options.config);
  const { pool, parts } = await openModel(config, clock);
  const { server: implementation, stream } = encoderService(parts, config, { clock, logger });
  const state: { closed: Promise<void> | null } = { closed: null };
  try {
    await warmUp(parts, clock);
    const server = await startRpcServer({
      host: config.host,
      port: config.port,
      services: [{ definition: EncoderService, implementation }],
      reflection: true,
      clock,
      logger,
    });
    const standing = await Membership.take({ registry, clock, logger });
    await standing.announce(memberOf(config, server.address, parts));
    const closeOnce = async (): Promise<void> => {
      await standing.leave();
      await server.close();
      await pool.close();
    };
    const close = (): Promise<void> => (state.closed ??= closeOnce());
    const drain = async (): Promise<void> => {
      await standing.leave();
      stream.drain();
      await server.drain();
      await parts.scheduler.drain();
      await close();
    };
    return { address: server.address, tokens: () => parts.scheduler.totals, close, drain };
  } catch (thrown) {
    await pool.close();
    throw thrown;
  }
}

async function openModel(config: EncoderNodeConfig, clock: Clock): Promise<{ pool: SessionPool; parts: EncoderParts }> {
  const model = await loadModel(config.modelDirectory);
  const { manifest, graphPath, codecTables, sparseHead } = model;
  const { executionProvider, intraOpThreads } = config;
  const setup = { graphPath, manifest, codecTables, sparseHead, executionProvider, intraOpThreads };
  const pool = await SessionPool.start(setup, config.workers);
  const policy = policies[executionProvider];
  const scheduler = new Scheduler({ slot: () => pool.slot(), policy, queueMax: config.queueLimit, clock });
  return { pool, parts: { model, shape: sequenceShape(model), scheduler } };
}

/** A GPU earns its keep with many tokens at once; a CPU gains nothing beyond a few hundred, and a query waits for a whole batch. */
const gpuPolicy: BatchPolicy = { sequencesMax: 128, tokensMax: 16_384, paddingMax: 1.1 };
const policies: Readonly<Record<EncoderNodeConfig['executionProvider'], BatchPolicy>> = {
  cpu: { sequencesMax: 16, tokensMax: 256, paddingMax: 1.1 },
  webgpu: gpuPolicy,
  cuda: gpuPolicy,
};

/** The first run of each session is slow: memory is touched, shaders are compiled. */
async function warmUp(parts: EncoderParts, clock: Clock): Promise<void> {
  const deadline = Deadline.after(clock, limits.writeDeadlineMs);
  const texts = Array.from({ length: 4 }, (_, i) => ({ title: '', text: 'shoal '.repeat(8 + 40 * i) }));
  const request = EncodeRequest.fromPartial({
    inputType: InputType.INPUT_TYPE_DOCUMENT,
    texts,
    dense: true,
    multi: true,
  });
  try {
    await encode(request, parts, deadline);
  } finally {
    deadline.close();
  }
}

function memberOf(config: EncoderNodeConfig, address: string, parts: EncoderParts): Node {
  const { manifest, digest } = parts.model;
  return {
    id: config.id,
    kind: NodeKind.NODE_KIND_ENCODER,
    address,
    version,
    kernels: '',
    executionProvider: config.executionProvider,
    model: manifest.name,
    modelDigest: digest,
    earlierDigests: manifest.succeeds,
  };
}
