/** The hot path to a shard node, for whoever asks one: coordinators, and directories of other nodes. */
import { ShardService, type ShardRequest, type ShardResponse } from '../../proto/generated/shoal/v1/shard.js';
import type { MultiplexedMethod } from './channels.js';

/** Calls of a shard node on one stream, and how one of them is given up. */
export const shardStream: MultiplexedMethod<ShardRequest, ShardResponse> = {
  method: ShardService.stream,
  cancel: (seq) => ({ seq, deadlineMs: 0, cancel: {} }),
};
