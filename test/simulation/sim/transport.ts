/** The product's transport over a simulated network. */
import type { ChannelsOptions } from '../../../cluster/rpc/channels.js';
import type { RpcServer, RpcServerOptions } from '../../../cluster/rpc/server.js';
import type { Connections, Transport } from '../../../cluster/rpc/transport.js';
import { SimConnections } from './connections.js';
import type { SimNetwork } from './network.js';
import type { SimProcess } from './process.js';

/** The transport of `process`, which ends with it. */
export function transportOf(network: SimNetwork, process: SimProcess): Transport {
  return {
    serve: (options: RpcServerOptions): Promise<RpcServer> => network.serve(process, options),
    connect: (options: ChannelsOptions): Connections => new SimConnections(network, process, options),
  };
}
