/**
 * How nodes reach each other: one serves, others connect. A node takes it as a parameter, so that tests can put a network of their
 * own between them; `grpcTransport` is the real one.
 */
import { Channels, type ChannelsOptions } from './channels.js';
import { startRpcServer, type RpcServer, type RpcServerOptions } from './server.js';

/** A pool of connections to peers, as `Channels` describes it. The creator closes it. */
export type Connections = Pick<Channels, 'stream' | 'unary' | 'addresses' | 'forget' | 'close'>;

export interface Transport {
  /** Starts a server that serves at once. FAILED_PRECONDITION when its port is in use. */
  serve(options: RpcServerOptions): Promise<RpcServer>;
  /** Connections that are opened by the first call to each address. */
  connect(options: ChannelsOptions): Connections;
}

/** gRPC over HTTP/2. */
export const grpcTransport: Transport = {
  serve: (options) => startRpcServer(options),
  connect: (options) => new Channels(options),
};
