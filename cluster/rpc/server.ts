/**
 * A node's gRPC server: its services, grpc.health.v1 and, where asked for, server reflection.
 *
 * Starting is all or nothing: a port in use is an error that says what to do. `drain` finishes what is under way first.
 */
import {
  logVerbosity,
  Server,
  ServerCredentials,
  ServerInterceptingCall,
  setLogVerbosity,
  type ChannelOptions,
  type handleServerStreamingCall,
  type ServerInterceptor,
  type ServerWritableStream,
  type ServiceDefinition,
  type UntypedServiceImplementation,
} from '@grpc/grpc-js';
import { ReflectionService } from '@grpc/reflection';
import { HealthImplementation } from 'grpc-health-check';
import { sleep, type Clock } from '../../base/clock.js';
import { ShoalError } from '../../base/errors.js';
import { limits } from '../../base/limits.js';
import type { Logger } from '../../base/logger.js';
import { messageSlackBytes } from './channels.js';
import { loadPackageDefinition } from './reflection.js';
import { statusOf } from './status.js';

/** A generated service definition, such as `DocumentsService`, with its implementation. */
export interface RpcService {
  readonly definition: ServiceDefinition;
  readonly implementation: UntypedServiceImplementation;
}

export interface RpcServerOptions {
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  readonly services: readonly RpcService[];
  readonly reflection: boolean;
  /** Bytes of one message, both ways. */
  readonly messageBytesMax?: number;
  /** How long `drain` waits for calls under way. */
  readonly drainMsMax?: number;
  readonly clock: Clock;
  readonly logger: Logger;
}

export interface RpcServer {
  /** HOST:PORT actually bound. */
  readonly address: string;
  /** Sets the health of a service by its full name (`shoal.v1.Search`), or of the whole node with ''. */
  setServing(service: string, serving: boolean): void;
  /** Takes no more calls, finishes those under way within `drainMsMax`, ends streams that go on with UNAVAILABLE, then stops. Idempotent. */
  drain(): Promise<void>;
  /** Stops at once. Idempotent. */
  close(): Promise<void>;
}

/** Starts a server that serves at once; every service is healthy until `setServing` says otherwise. */
export async function startRpcServer(options: RpcServerOptions): Promise<RpcServer> {
  // The library prints to standard error what is also thrown; people should read it once, in our words.
  setLogVerbosity(logVerbosity.NONE);
  const server = new Server({
    ...channelOptions((options.messageBytesMax ?? limits.messageBytesMax) + messageSlackBytes),
    interceptors: [refuseMalformed],
  });
  const names = ['', ...options.services.map(nameOf)];
  const health = new HealthImplementation(Object.fromEntries(names.map((name) => [name, 'SERVING'])));
  for (const service of options.services) {
    server.addService(wireOf(service.definition), service.implementation);
  }
  const watches = addHealth(server, health);
  if (options.reflection) {
    const services = [...names.slice(1), 'grpc.health.v1.Health'];
    new ReflectionService(await loadPackageDefinition(), { services }).addToServer(server);
  }
  const port = await bind(server, options);
  const address = `${bracketed(options.host)}:${port}`;
  options.logger.info({ address }, 'rpc server started');
  return runningServer({ server, health, watches, names, address }, options);
}

/** An open Watch of the health service, which would hold the server open for ever. */
type HealthWatch = ServerWritableStream<unknown, unknown>;

/** Adds the health service; gives the watches that are open. */
function addHealth(server: Server, health: HealthImplementation): ReadonlySet<HealthWatch> {
  const watches = new Set<HealthWatch>();
  const collect = (definition: ServiceDefinition, implementation: UntypedServiceImplementation): void => {
    const serve = implementation['watch'] as handleServerStreamingCall<unknown, unknown>;
    const watch: typeof serve = (call) => {
      watches.add(call);
      call.on('close', () => watches.delete(call));
      serve(call);
    };
    server.addService(definition, { ...implementation, watch });
  };
  health.addToServer({ addService: collect as HealthServer['addService'] });
  return watches;
}

type HealthServer = Parameters<HealthImplementation['addToServer']>[0];

interface Parts {
  readonly server: Server;
  readonly health: HealthImplementation;
  readonly watches: ReadonlySet<HealthWatch>;
  readonly names: readonly string[];
  readonly address: string;
}

function runningServer({ server, health, watches, names, address }: Parts, options: RpcServerOptions): RpcServer {
  const close = async (): Promise<void> => server.forceShutdown();
  const drainOnce = async (): Promise<void> => {
    for (const name of names) health.setStatus(name, 'NOT_SERVING');
    const finished = new Promise<void>((resolve) => server.tryShutdown(() => resolve()));
    for (const { implementation } of options.services) callHandlers(implementation, 'drain');
    for (const watch of watches) watch.end();
    await withinMs(finished, options.drainMsMax ?? 10_000, options.clock);
    for (const { implementation } of options.services) callHandlers(implementation, 'stop');
    await withinMs(finished, stopMsMax, options.clock);
    await close();
    options.logger.info({ address }, 'rpc server stopped');
  };
  const state: { drained: Promise<void> | null } = { drained: null };
  return {
    address,
    setServing: (service, serving) => health.setStatus(service, serving ? 'SERVING' : 'NOT_SERVING'),
    drain: () => (state.drained ??= drainOnce()),
    close,
  };
}

/** How long the last answers may take on their way. */
const stopMsMax = 1_000;

/** Resolves when `finished` does, after `ms` at the latest. */
async function withinMs(finished: Promise<void>, ms: number, clock: Clock): Promise<void> {
  const over = new AbortController();
  await Promise.race([finished, sleep(clock, ms, over.signal)]);
  over.abort();
}

/** Handlers that hold streams open say how to finish them (`drain`), and how to end what does not finish (`stop`). */
function callHandlers(implementation: UntypedServiceImplementation, how: 'drain' | 'stop'): void {
  for (const handler of Object.values(implementation)) {
    const act: unknown = Reflect.get(handler, how);
    if (typeof act === 'function') act.call(handler);
  }
}

/**
 * The definition with serializers that let bytes pass, since multiplexed streams serialize, and check the size, themselves; and
 * with parsers that give a ShoalError for bytes that are no message, which gRPC would call an internal error of this node.
 */
function wireOf(definition: RpcService['definition']): RpcService['definition'] {
  const wrapped = Object.entries(definition).map(([name, method]) => {
    const responseSerialize = (value: unknown): Buffer =>
      Buffer.isBuffer(value) ? value : method.responseSerialize(value);
    const requestDeserialize = (bytes: Buffer): unknown => {
      try {
        return method.requestDeserialize(bytes);
      } catch (cause) {
        const what = `the request is no message that ${method.path} takes`;
        return new ShoalError('INVALID_ARGUMENT', `${what}; use a client made from its .proto files`, { cause });
      }
    };
    return [name, { ...method, requestDeserialize, responseSerialize }];
  });
  return Object.fromEntries(wrapped);
}

/** Answers a message that could not be parsed, so that no handler meets it. */
const refuseMalformed: ServerInterceptor = (_, call) =>
  new ServerInterceptingCall(call, {
    start: (next) =>
      next({
        onReceiveMessage: (message: unknown, pass) => {
          if (message instanceof ShoalError) call.sendStatus(statusOf(message));
          else pass(message);
        },
      }),
  });

/** `shoal.v1.Search` of `/shoal.v1.Search/Search`. */
function nameOf(service: RpcService): string {
  const [method] = Object.values(service.definition);
  return method?.path.split('/')[1] ?? '';
}

async function bind(server: Server, { host, port }: RpcServerOptions): Promise<number> {
  const address = `${bracketed(host)}:${port}`;
  return await new Promise<number>((resolve, reject) => {
    server.bindAsync(address, ServerCredentials.createInsecure(), (error, bound) => {
      if (error === null) resolve(bound);
      else reject(bindError(error, host, port));
    });
  });
}

function bindError(error: Error, host: string, port: number): ShoalError {
  const isInUse = error.message.includes('EADDRINUSE');
  const message = isInUse
    ? `port ${port} is in use: another process serves there; stop it, or choose another with --port (0 takes a free one)`
    : `cannot listen on ${host}:${port}: ${error.message}`;
  return new ShoalError('FAILED_PRECONDITION', message, { cause: error });
}

function bracketed(host: string): string {
  return host.includes(':') && !host.startsWith('[') ? `[${host}]` : host;
}

function channelOptions(messageBytes: number): ChannelOptions {
  return {
    'grpc.max_receive_message_length': messageBytes,
    'grpc.max_send_message_length': Math.max(messageBytes, limits.answerBytesMax),
    'grpc.keepalive_time_ms': 30_000,
    'grpc.keepalive_timeout_ms': 10_000,
  };
}
