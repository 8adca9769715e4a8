/** The simulated network delays, cuts and breaks as it is told, and carries the product's own rpc code. */
import assert from 'node:assert/strict';
import { Deadline } from '../../../base/deadline.js';
import { createLogger } from '../../../base/logger.js';
import { ShoalError } from '../../../base/errors.js';
import { unaryHandler } from '../../../cluster/rpc/handlers.js';
import { multiplexedHandler } from '../../../cluster/rpc/stream-server.js';
import { ClusterService, GetStatusResponse } from '../../../proto/generated/shoal/v1/cluster.js';
import { ShardService, type ShardRequest, type ShardResponse } from '../../../proto/generated/shoal/v1/shard.js';
import { SimNetwork } from './network.js';
import { SimProcess } from './process.js';
import { Scheduler } from './scheduler.js';
import { transportOf } from './transport.js';

const stream = {
  method: ShardService.stream,
  cancel: (seq: bigint): ShardRequest => ({ seq, deadlineMs: 0, cancel: {} }),
};

interface Stage {
  readonly scheduler: Scheduler;
  readonly network: SimNetwork;
  readonly server: SimProcess;
  readonly client: SimProcess;
  readonly address: string;
  ask(ms: number): Promise<string>;
  askStream(ms: number): Promise<string>;
}

/** Runs `play` with a server that answers after 10 ms, and a client. */
async function staged(play: (stage: Stage) => Promise<void>): Promise<void> {
  const scheduler = new Scheduler(7);
  const network = new SimNetwork(scheduler);
  const [server, client] = [new SimProcess('server', scheduler), new SimProcess('client', scheduler)];
  const environment = { clock: server.clock, logger: createLogger('test', 'silent') };
  await scheduler.run(async () => {
    const serve = async (): Promise<GetStatusResponse> => {
      await server.sleep(10);
      return GetStatusResponse.fromPartial({ version: 'seven' });
    };
    const { address } = await transportOf(network, server).serve({
      host: 'server',
      port: 0,
      reflection: false,
      services: [
        {
          definition: { getStatus: ClusterService.getStatus },
          implementation: { getStatus: unaryHandler(serve, { ...environment, deadlineMsDefault: 1_000 }) },
        },
        { definition: { stream: ShardService.stream }, implementation: { stream: echo(server) } },
      ],
      ...environment,
    });
    const connections = transportOf(network, client).connect({ clock: client.clock });
    const within = async (ms: number, act: (deadline: Deadline) => Promise<string>): Promise<string> => {
      const deadline = Deadline.after(client.clock, ms);
      return act(deadline)
        .catch((error: unknown) => ShoalError.from(error).code)
        .finally(() => deadline.close());
    };
    await play({
      scheduler,
      network,
      server,
      client,
      address,
      ask: (ms) =>
        within(
          ms,
          async (deadline) => (await connections.unary(address, ClusterService.getStatus, {}, deadline)).version,
        ),
      askStream: (ms) =>
        within(ms, async (deadline) => {
          await connections
            .stream(address, stream)
            .call(
              { statistics: { uid: '', shards: [], termIds: Buffer.alloc(0), filter: undefined, required: [] } },
              deadline,
            );
          return 'answered';
        }),
    });
  });
}

function echo(process: SimProcess): ReturnType<typeof multiplexedHandler<ShardRequest, ShardResponse>> {
  return multiplexedHandler<ShardRequest, ShardResponse>({
    method: ShardService.stream,
    serve: async ({ seq }) => {
      await process.sleep(10);
      return { seq, status: 0, message: '' };
    },
    isCancel: ({ cancel }) => cancel !== undefined,
    failure: (seq, status, message) => ({ seq, status, message }),
    inFlightMax: 100,
    clock: process.clock,
    logger: createLogger('test', 'silent'),
  });
}

describe('the simulated network', () => {
  for (const how of ['ask', 'askStream'] as const) {
    describe(how === 'ask' ? 'with calls of their own' : 'with calls on a stream', () => {
      it('carries a question and its answer', () =>
        staged(async (stage) => assert.ok(['seven', 'answered'].includes(await stage[how](1_000)))));

      it('holds messages while it is cut, and lets them through when it mends', () =>
        staged(async (stage) => {
          stage.network.setCut('client', 'server', true);
          stage.scheduler.after(300, () => stage.network.setCut('client', 'server', false));
          assert.equal(await stage[how](100), 'DEADLINE_EXCEEDED');
          assert.notEqual(await stage[how](1_000), 'DEADLINE_EXCEEDED');
        }));

      it('fails calls under way when connections break', () =>
        staged(async (stage) => {
          stage.scheduler.after(5, () => stage.network.reset('server', 'client'));
          assert.equal(await stage[how](1_000), 'UNAVAILABLE');
          assert.notEqual(await stage[how](1_000), 'UNAVAILABLE');
        }));

      it('fails calls when the server dies, and those after it', () =>
        staged(async (stage) => {
          stage.scheduler.after(5, () => stage.server.kill());
          assert.equal(await stage[how](1_000), 'UNAVAILABLE');
          assert.equal(await stage[how](1_000), 'UNAVAILABLE');
        }));
    });
  }
});

describe('the scheduler', () => {
  it('gives the same hash for the same happenings, and another for others', async () => {
    const hashOf = async (seed: number): Promise<string> => {
      const scheduler = new Scheduler(seed);
      await scheduler.run(async () => {
        for (let at = 0; at < 10; at += 1) await scheduler.sleep(scheduler.random.unit());
      });
      return scheduler.hash;
    };
    assert.equal(await hashOf(1), await hashOf(1));
    assert.notEqual(await hashOf(1), await hashOf(2));
  });

  it('says when nothing is left to happen', async () => {
    await assert.rejects(
      new Scheduler(1).run(() => new Promise(() => undefined)),
      /stands still/,
    );
  });
});
