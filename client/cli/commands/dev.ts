/** `shoal dev`: a whole cluster in one process, with data on this machine's disk. */
import { addCommand, type CommandHost } from '../command.js';
import { integer } from '../flags.js';
import { Option, type Command } from 'commander';

interface DevFlags {
  readonly data: string;
  readonly shardNodes: number;
  readonly encoderNodes: number;
  readonly replicas: number;
  readonly port: number;
  readonly model?: string;
  readonly executionProvider?: 'cpu' | 'webgpu' | 'cuda';
  readonly logLevel: 'debug' | 'info' | 'warn' | 'error' | 'silent';
}

export function addDev(program: Command, host: CommandHost): void {
  addCommand<DevFlags>(program, host, {
    usage: 'dev',
    summary: 'run a cluster on this machine',
    details:
      'Coordinator, encoder nodes and shard nodes in one process, with real gRPC between them and an on-disk log. Prints\n' +
      '"ready HOST:PORT" when it serves. SIGINT and SIGTERM finish what is under way; a second one ends it at once.',
    examples: ['shoal dev', 'shoal dev --data /tmp/shoal --shard-nodes 3 --replicas 2', 'shoal dev --port 0 --json'],
    remote: false,
    configure: (command) =>
      command
        .option('--data <dir>', 'where the data lives', './shoal-data')
        .option(
          '--shard-nodes <number>',
          'shard nodes to run; as many as the data folder needs, at least',
          integer(1, 64),
          1,
        )
        .option('--encoder-nodes <number>', 'encoder nodes to run; 0 = every vector is given', integer(0, 16), 1)
        .option('--replicas <number>', 'copies of each shard of new collections', integer(1, 64), 1)
        .option('--port <number>', 'gRPC port; 0 = a free one', integer(0, 65_535), 7420)
        .option('--model <dir>', 'folder of the encoder model (default: the one that comes with shoal)')
        .addOption(
          new Option('--execution-provider <name>', 'what computes the model').choices(['cpu', 'webgpu', 'cuda']),
        )
        .addOption(
          new Option('--log-level <level>', 'log lines on standard error')
            .choices(['debug', 'info', 'warn', 'error', 'silent'])
            .default('warn'),
        ),
    run: async (call, _args, flags) => {
      const interrupted = call.context.interrupted();
      const { startCluster } = await import('../dev/cluster.js');
      const { createLogger } = await import('../../../base/logger.js');
      const cluster = await startCluster({
        dataDirectory: flags.data,
        shardNodes: flags.shardNodes,
        encoderNodes: flags.encoderNodes,
        replicas: flags.replicas,
        port: flags.port,
        clock: call.context.clock,
        logger: createLogger('shoal', flags.logLevel),
        ...(flags.model === undefined ? {} : { modelDirectory: flags.model }),
        ...(flags.executionProvider === undefined ? {} : { encoder: { executionProvider: flags.executionProvider } }),
      });
      if (cluster.shardNodes > flags.shardNodes)
        call.note(`${flags.data} holds data of ${cluster.shardNodes} shard nodes: all of them are started`);
      await call.answer({ ready: cluster.address }, () => `ready ${cluster.address}`);
      const signal = await interrupted;
      call.note(`${signal}: finishing what is under way`);
      await cluster.close();
    },
  });
}
