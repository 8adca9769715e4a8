/** The gRPC face of a shard node: one stream for coordinators, unary twins for people; both end in the same functions. */
import type { Clock } from '../base/clock.js';
import type { Deadline } from '../base/deadline.js';
import { ShoalError } from '../base/errors.js';
import { limits } from '../base/limits.js';
import type { Logger } from '../base/logger.js';
import { unaryHandler } from '../cluster/rpc/handlers.js';
import { multiplexedHandler, type MultiplexedHandler } from '../cluster/rpc/stream-server.js';
import {
  ShardService,
  type ShardRequest,
  type ShardResponse,
  type ShardServer,
} from '../proto/generated/shoal/v1/shard.js';
import type { ReplicaSet } from './replicas.js';
import { fetch, lookup, readDocuments } from './search/fetch.js';
import { rerank } from './search/rerank.js';
import { scan } from './search/scan.js';
import { statistics } from './search/statistics.js';

/** The handlers of `shoal.v1.Shard` over `replicas`; `stream` is drained at shutdown. */
export function shardService(
  replicas: ReplicaSet,
  environment: { readonly clock: Clock; readonly logger: Logger },
): { readonly server: ShardServer; readonly stream: MultiplexedHandler<ShardRequest, ShardResponse> } {
  const options = { ...environment, deadlineMsDefault: limits.searchDeadlineMs };
  const slow = { ...environment, deadlineMsDefault: limits.writeDeadlineMs };
  const stream = multiplexedHandler<ShardRequest, ShardResponse>({
    method: ShardService.stream,
    serve: (request, { deadline }) => answer(request, replicas, deadline),
    isCancel: (request) => request.cancel !== undefined,
    failure: (seq, status, message) => ({ seq, status, message }),
    inFlightMax: limits.requestsInFlightMax,
    deadlineMsDefault: limits.searchDeadlineMs,
    ...environment,
  });
  const server: ShardServer = {
    stream,
    scan: unaryHandler((request, { deadline }) => scan(request, replicas, deadline), options),
    rerank: unaryHandler((request, { deadline }) => rerank(request, replicas, deadline), options),
    fetch: unaryHandler((request) => fetch(request, replicas), options),
    lookup: unaryHandler((request, { deadline }) => lookup(request, replicas, deadline), options),
    getStatistics: unaryHandler((request) => statistics(request, replicas), options),
    readDocuments: unaryHandler((request) => Promise.resolve(readDocuments(request, replicas)), options),
    seal: unaryHandler(async (request) => ({ durable: await replicas.replica(request.uid, request.ref).seal() }), slow),
  };
  return { server, stream };
}

async function answer(request: ShardRequest, replicas: ReplicaSet, deadline: Deadline): Promise<ShardResponse> {
  const response: ShardResponse = { seq: request.seq, status: 0, message: '' };
  if (request.scan !== undefined) response.scan = await scan(request.scan, replicas, deadline);
  else if (request.rerank !== undefined) response.rerank = await rerank(request.rerank, replicas, deadline);
  else if (request.fetch !== undefined) response.fetch = await fetch(request.fetch, replicas);
  else if (request.lookup !== undefined) response.lookup = await lookup(request.lookup, replicas, deadline);
  else if (request.statistics !== undefined) response.statistics = await statistics(request.statistics, replicas);
  else
    throw new ShoalError('INVALID_ARGUMENT', 'the request has no body; give scan, rerank, fetch, lookup or statistics');
  return response;
}
