/** Which encoder node encodes for which collection: a healthy one with the collection's model, the least busy of them. */
import type { Deadline } from '../base/deadline.js';
import { ShoalError } from '../base/errors.js';
import { nodesOfKind } from '../cluster/shard-map/cluster-map.js';
import type { ClusterView } from '../cluster/shard-map/cluster-view.js';
import { NodeKind, type Node } from '../proto/generated/shoal/v1/cluster.js';
import type { CollectionSettings } from '../proto/generated/shoal/v1/collections.js';
import type {
  EncodeRequest,
  EncodeResponse,
  GetEncoderInfoResponse,
  TokenizeRequest,
  TokenizeResponse,
} from '../proto/generated/shoal/v1/encoder.js';
import type { Peers } from './peers.js';

/** Name of the model that a collection without an encoder has. */
export const noModel = 'none';

/** What to encode and which representations of it; token rows are pooled only where it is said. */
export type EncodeOrder = Pick<EncodeRequest, 'inputType' | 'texts' | 'dense' | 'sparse' | 'multi'> &
  Partial<Pick<EncodeRequest, 'tokenPooling'>>;

export class Encoders {
  readonly #view: ClusterView;
  readonly #peers: Peers;
  /** By model digest: what every node of that model says of it. */
  readonly #infos = new Map<string, GetEncoderInfoResponse>();

  constructor(view: ClusterView, peers: Peers) {
    this.#view = view;
    this.#peers = peers;
  }

  /** Encodes with the collection's model. UNAVAILABLE when no node has it. */
  encode(settings: CollectionSettings, order: EncodeOrder, deadline: Deadline): Promise<EncodeResponse> {
    const node = this.#leastBusy(settings.model, settings.modelDigest);
    const { model, modelDigest } = settings;
    return this.#peers.encode(node.address, { tokenPooling: 0, ...order, model, modelDigest }, deadline);
  }

  tokenize(settings: CollectionSettings, request: TokenizeRequest, deadline: Deadline): Promise<TokenizeResponse> {
    return this.#peers.tokenize(this.#leastBusy(settings.model, settings.modelDigest).address, request, deadline);
  }

  /** What the collection's model is: dimensions, reduction, codec. Asked once for each model. */
  infoOf(settings: CollectionSettings, deadline: Deadline): Promise<GetEncoderInfoResponse> {
    return this.#info(this.#leastBusy(settings.model, settings.modelDigest), deadline);
  }

  /** The same of a model by name, '' = the one that the nodes have. NOT_FOUND lists the models at hand. */
  async infoOfModel(name: string, deadline: Deadline): Promise<GetEncoderInfoResponse> {
    const nodes = nodesOfKind(this.#view.current(), NodeKind.NODE_KIND_ENCODER);
    const node = nodes.find(({ model }) => name === '' || model === name);
    if (node !== undefined) return this.#info(node, deadline);
    if (nodes.length === 0) {
      throw new ShoalError(
        'UNAVAILABLE',
        'no encoder node is up; start one, or create the collection with model "none"',
      );
    }
    const known = [...new Set(nodes.map(({ model }) => model))].join(', ');
    throw new ShoalError('NOT_FOUND', `no encoder node has the model '${name}'; models at hand: ${known}`);
  }

  async #info(node: Node, deadline: Deadline): Promise<GetEncoderInfoResponse> {
    const known = this.#infos.get(node.modelDigest);
    if (known !== undefined) return known;
    const info = await this.#peers.encoderInfo(node.address, deadline);
    this.#infos.set(node.modelDigest, info);
    return info;
  }

  #leastBusy(model: string, digest: string): Node {
    const named = nodesOfKind(this.#view.current(), NodeKind.NODE_KIND_ENCODER).filter((node) => node.model === model);
    const [first, ...others] = named.filter((node) => [node.modelDigest, ...node.earlierDigests].includes(digest));
    if (first === undefined) {
      const what = `no encoder node serves the model '${model}' of this collection`;
      if (named.length === 0) throw new ShoalError('UNAVAILABLE', `${what}; start one with its files`);
      const how = 'start one with these files, or export the collection without vectors and import it into a new one';
      throw new ShoalError('UNAVAILABLE', `${what} with the files that it was made with (${digest}); ${how}`);
    }
    const load = (node: Node): number => this.#peers.encoderLoadOf(node.address);
    return others.reduce((best, node) => (load(node) < load(best) ? node : best), first);
  }
}
