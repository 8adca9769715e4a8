/** The calls that a coordinator makes to other nodes, on its multiplexed streams; each says what it asks, to whom, until when. */
import type { Clock } from '../base/clock.js';
import type { Deadline } from '../base/deadline.js';
import { present } from '../base/assert.js';
import { shardStream } from '../cluster/rpc/shard-stream.js';
import { grpcTransport, type Connections, type Transport } from '../cluster/rpc/transport.js';
import type { Method } from '../cluster/rpc/method.js';
import type { ClusterMap } from '../cluster/shard-map/cluster-map.js';
import type { Unsequenced } from '../cluster/rpc/stream-client.js';
import {
  EncoderService,
  type EncodeRequest,
  type EncodeResponse,
  type GetEncoderInfoResponse,
  type TokenizeRequest,
  type TokenizeResponse,
} from '../proto/generated/shoal/v1/encoder.js';
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
} from '../proto/generated/shoal/v1/directory.js';
import {
  ShardService,
  type FetchRequest,
  type FetchResponse,
  type GetStatisticsRequest,
  type GetStatisticsResponse,
  type ListRowsRequest,
  type ListRowsResponse,
  type RerankRequest,
  type RerankResponse,
  type ScanRequest,
  type ScanResponse,
  type SealRequest,
  type SealResponse,
  type ShardRequest,
  type ShardResponse,
} from '../proto/generated/shoal/v1/shard.js';

const encoderStream = {
  method: EncoderService.encodeStream,
  cancel: (seq: bigint): EncodeRequest => ({
    seq,
    deadlineMs: 0,
    cancel: true,
    inputType: 0,
    texts: [],
    dense: false,
    sparse: false,
    multi: false,
    model: '',
    modelDigest: '',
    tokenPooling: 0,
  }),
};

/** Connections to shard and encoder nodes. The creator closes it. */
export class Peers {
  readonly #channels: Connections;

  constructor(clock: Clock, transport: Transport = grpcTransport) {
    this.#channels = transport.connect({ clock });
  }

  /** Requests under way at the shard node `address`: the load by which replicas are chosen. */
  loadOf(address: string): number {
    return this.#channels.stream(address, shardStream).inFlight;
  }

  /** Requests under way at the encoder node `address`. */
  encoderLoadOf(address: string): number {
    return this.#channels.stream(address, encoderStream).inFlight;
  }

  encode(
    address: string,
    request: Omit<Unsequenced<EncodeRequest>, 'cancel'>,
    deadline: Deadline,
  ): Promise<EncodeResponse> {
    return this.#channels.stream(address, encoderStream).call({ ...request, cancel: false }, deadline);
  }

  encoderInfo(address: string, deadline: Deadline): Promise<GetEncoderInfoResponse> {
    return this.#channels.unary(address, EncoderService.getEncoderInfo, {}, deadline);
  }

  tokenize(address: string, request: TokenizeRequest, deadline: Deadline): Promise<TokenizeResponse> {
    return this.#channels.unary(address, EncoderService.tokenize, request, deadline);
  }

  async scan(address: string, scan: ScanRequest, deadline: Deadline): Promise<ScanResponse> {
    return present((await this.#ask(address, { scan }, deadline)).scan, 'the scan in a shard answer');
  }

  async rerank(address: string, rerank: RerankRequest, deadline: Deadline): Promise<RerankResponse> {
    return present((await this.#ask(address, { rerank }, deadline)).rerank, 'the rerank in a shard answer');
  }

  async fetch(address: string, fetch: FetchRequest, deadline: Deadline): Promise<FetchResponse> {
    return present((await this.#ask(address, { fetch }, deadline)).fetch, 'the fetch in a shard answer');
  }

  async statistics(address: string, request: GetStatisticsRequest, deadline: Deadline): Promise<GetStatisticsResponse> {
    const answer = await this.#ask(address, { statistics: request }, deadline);
    return present(answer.statistics, 'the statistics in a shard answer');
  }

  async listRows(address: string, listRows: ListRowsRequest, deadline: Deadline): Promise<ListRowsResponse> {
    return present((await this.#ask(address, { listRows }, deadline)).listRows, 'the rows in a shard answer');
  }

  async locate(address: string, locate: LocateRequest, deadline: Deadline): Promise<LocateResponse> {
    return present((await this.#ask(address, { locate }, deadline)).locate, 'the places in a directory answer');
  }

  async listLocated(
    address: string,
    listLocated: ListLocatedRequest,
    deadline: Deadline,
  ): Promise<ListLocatedResponse> {
    const answer = await this.#ask(address, { listLocated }, deadline);
    return present(answer.listLocated, 'the ids in a directory answer');
  }

  async awaitCommitted(
    address: string,
    awaitCommitted: AwaitCommittedRequest,
    deadline: Deadline,
  ): Promise<AwaitCommittedResponse> {
    const answer = await this.#ask(address, { awaitCommitted }, deadline);
    return present(answer.awaitCommitted, 'the positions in a directory answer');
  }

  async awaitVerdicts(
    address: string,
    awaitVerdicts: AwaitVerdictsRequest,
    deadline: Deadline,
  ): Promise<AwaitVerdictsResponse> {
    const answer = await this.#ask(address, { awaitVerdicts }, deadline);
    return present(answer.awaitVerdicts, 'the verdicts in a directory answer');
  }

  async findUnchanged(
    address: string,
    findUnchanged: FindUnchangedRequest,
    deadline: Deadline,
  ): Promise<FindUnchangedResponse> {
    const answer = await this.#ask(address, { findUnchanged }, deadline);
    return present(answer.findUnchanged, 'the unchanged documents in a directory answer');
  }

  seal(address: string, request: SealRequest, deadline: Deadline): Promise<SealResponse> {
    return this.#channels.unary(address, ShardService.seal, request, deadline);
  }

  /** One call of `shoal.v1.Transfer`, by which files of replicas come and go. */
  transfer<Request, Response>(
    address: string,
    method: Method<Request, Response>,
    request: Request,
    deadline: Deadline,
  ): Promise<Response> {
    return this.#channels.unary(address, method, request, deadline);
  }

  /** Closes the connections to nodes that `map` no longer has at their address, once their calls under way have ended. */
  async follow(map: ClusterMap): Promise<void> {
    const present = new Set([...map.nodes.values()].map(({ address }) => address));
    const gone = [...this.#channels.addresses()].filter((address) => !present.has(address));
    await Promise.all(gone.map((address) => this.#channels.forget(address)));
  }

  close(): Promise<void> {
    return this.#channels.close();
  }

  #ask(address: string, body: Omit<Unsequenced<ShardRequest>, 'cancel'>, deadline: Deadline): Promise<ShardResponse> {
    return this.#channels.stream(address, shardStream).call(body, deadline);
  }
}
