/** The transport that nodes use by default: what serves can be reached by what connects. */
import assert from 'node:assert/strict';
import { systemClock } from '../../../base/clock.js';
import { Deadline } from '../../../base/deadline.js';
import { createLogger } from '../../../base/logger.js';
import { unaryHandler } from '../../../cluster/rpc/handlers.js';
import { grpcTransport } from '../../../cluster/rpc/transport.js';
import { ClusterService, GetStatusResponse } from '../../../proto/generated/shoal/v1/cluster.js';

describe('the gRPC transport', () => {
  it('connects to what it serves', async () => {
    const [clock, logger] = [systemClock, createLogger('test', 'silent')];
    const options = { clock, logger, deadlineMsDefault: 1_000 };
    const status = async (): Promise<GetStatusResponse> => GetStatusResponse.fromPartial({ version: 'seven' });
    const implementation = { getStatus: unaryHandler(status, options) };
    const definition = { getStatus: ClusterService.getStatus };
    const services = [{ definition, implementation }];
    const server = await grpcTransport.serve({
      host: '127.0.0.1',
      port: 0,
      services,
      reflection: false,
      clock,
      logger,
    });
    const connections = grpcTransport.connect({ clock });
    const deadline = Deadline.after(clock, 5_000);
    try {
      const answer = await connections.unary(server.address, ClusterService.getStatus, {}, deadline);
      assert.equal(answer.version, 'seven');
    } finally {
      deadline.close();
      await connections.close();
      await server.close();
    }
  });
});
