/** The gRPC face of a shard node: one stream for coordinators, unary twins for people; both end in the same functions. */
import type { Clock } from '../base/clock.js';
import type { Deadline } from '../base/deadline.js';
import { ShoalError } from '../base/errors.js';
import { limits } from '../base/limits.js';
import type { Logger } from '../base/logger.js';
import { unaryHandler } from '../cluster/rpc/handlers.js';
import { multiplexedHandler, type MultiplexedHandler } from '../cluster/rpc/stream-server.js';
import type {
  AwaitCommittedRequest,
  AwaitCommittedResponse,
  AwaitVerdictsRequest,
  AwaitVerdictsResponse,
  FindUnchangedRequest,
  FindUnchangedResponse,
  ListLocatedRequest,
  ListLocatedResponse,
  LocateRequest,
  LocateResponse,
  ReadCopyRequest,
  ReadCopyResponse,
} from '../proto/generated/shoal/v1/directory.js';
import {
  ShardService,
  type ShardRequest,
  type ShardResponse,
  type ShardServer,
} from '../proto/generated/shoal/v1/shard.js';
import type { ReplicaSet } from './replicas.js';
import { fetch } from './search/fetch.js';
import { listRows } from './search/list-rows.js';
import { rerank } from './search/rerank.js';
import { scan } from './search/scan.js';
import { statistics } from './search/statistics.js';

/** What the node's copies of directory partitions answer. */
export interface DirectoryRequests {
  locate(request: LocateRequest, deadline: Deadline): Promise<LocateResponse>;
  listLocated(request: ListLocatedRequest, deadline: Deadline): Promise<ListLocatedResponse>;
  awaitCommitted(request: AwaitCommittedRequest, deadline: Deadline): Promise<AwaitCommittedResponse>;
  awaitVerdicts(request: AwaitVerdictsRequest, deadline: Deadline): Promise<AwaitVerdictsResponse>;
  findUnchanged(request: FindUnchangedRequest, deadline: Deadline): Promise<FindUnchangedResponse>;
  readCopy(request: ReadCopyRequest): Promise<ReadCopyResponse>;
}

export interface ShardServiceParts {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly directory?: DirectoryRequests;
}

/** The handlers of `shoal.v1.Shard` over `replicas` and the directory's partitions; `stream` is drained at shutdown. */
export function shardService(
  replicas: ReplicaSet,
  { directory, ...environment }: ShardServiceParts,
): { readonly server: ShardServer; readonly stream: MultiplexedHandler<ShardRequest, ShardResponse> } {
  const options = { ...environment, deadlineMsDefault: limits.searchDeadlineMs };
  const slow = { ...environment, deadlineMsDefault: limits.writeDeadlineMs };
  const stream = multiplexedHandler<ShardRequest, ShardResponse>({
    method: ShardService.stream,
    serve: (request, { deadline }) => answer(request, { replicas, directory }, deadline),
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
    fetch: unaryHandler((request, { deadline }) => fetch(request, replicas, deadline), options),
    getStatistics: unaryHandler((request, { deadline }) => statistics(request, replicas, deadline), options),
    listRows: unaryHandler((request, { deadline }) => listRows(request, replicas, deadline), options),
    seal: unaryHandler(async (request) => ({ durable: await replicas.replica(request.uid, request.ref).seal() }), slow),
  };
  return { server, stream };
}

interface Answering {
  readonly replicas: ReplicaSet;
  readonly directory: DirectoryRequests | undefined;
}

async function answer(request: ShardRequest, parts: Answering, deadline: Deadline): Promise<ShardResponse> {
  const response: ShardResponse = { seq: request.seq, status: 0, message: '' };
  const { replicas, directory } = parts;
  if (request.scan !== undefined) response.scan = await scan(request.scan, replicas, deadline);
  else if (request.rerank !== undefined) response.rerank = await rerank(request.rerank, replicas, deadline);
  else if (request.fetch !== undefined) response.fetch = await fetch(request.fetch, replicas, deadline);
  else if (request.statistics !== undefined)
    response.statistics = await statistics(request.statistics, replicas, deadline);
  else if (request.listRows !== undefined) response.listRows = await listRows(request.listRows, replicas, deadline);
  else if (directory === undefined || !(await answerDirectory(request, response, directory, deadline)))
    throw new ShoalError(
      'INVALID_ARGUMENT',
      'the request has no body that this node knows; give one of shoal.v1.ShardRequest',
    );
  return response;
}

/** Puts the answer of a request to the directory into `response`; false when it is none. */
async function answerDirectory(
  request: ShardRequest,
  response: ShardResponse,
  directory: DirectoryRequests,
  deadline: Deadline,
): Promise<boolean> {
  if (request.locate !== undefined) response.locate = await directory.locate(request.locate, deadline);
  else if (request.listLocated !== undefined)
    response.listLocated = await directory.listLocated(request.listLocated, deadline);
  else if (request.awaitCommitted !== undefined)
    response.awaitCommitted = await directory.awaitCommitted(request.awaitCommitted, deadline);
  else if (request.awaitVerdicts !== undefined)
    response.awaitVerdicts = await directory.awaitVerdicts(request.awaitVerdicts, deadline);
  else if (request.findUnchanged !== undefined)
    response.findUnchanged = await directory.findUnchanged(request.findUnchanged, deadline);
  else if (request.readCopy !== undefined) response.readCopy = await directory.readCopy(request.readCopy);
  else return false;
  return true;
}
