import assert from 'node:assert/strict';
import { Deadline } from '../../../base/deadline.js';
import { Channels } from '../../../cluster/rpc/channels.js';
import type { RpcServer } from '../../../cluster/rpc/server.js';
import { EncodeResponse } from '../../../proto/generated/shoal/v1/encoder.js';
import { rejectsWith } from '../rejects.js';
import { clock, echo, echoStream, encodeRequest, encodeStream, startEchoServer } from './echo.js';
import { gate } from './gate.js';

describe('the server side of a multiplexed stream', () => {
  let server: RpcServer;
  let channels: Channels;
  let deadline: Deadline;
  const start = async (options: Parameters<typeof echoStream>[0]): Promise<void> => {
    server = await startEchoServer({ encoder: { encodeStream: echoStream(options) as never } });
  };
  const call = (model: string, until = deadline): Promise<EncodeResponse> =>
    channels.stream(server.address, encodeStream).call(encodeRequest(model), until);

  beforeEach(() => {
    channels = new Channels({ clock });
    deadline = Deadline.after(clock, 10_000);
  });
  afterEach(async () => {
    deadline.close();
    await channels.close();
    await server.close();
  });

  it('answers requests in any order', async () => {
    const slow = gate();
    await start({
      serve: async (request) => {
        if (request.model === 'slow') await slow.opened;
        return await echo(request);
      },
    });
    const first = call('slow');
    assert.equal((await call('fast')).message, 'fast');
    slow.open();
    assert.equal((await first).message, 'slow');
  });

  it('goes on after a request that failed, and hides what a defect says', async () => {
    await start({});
    await rejectsWith(call('missing'), 'NOT_FOUND', /^no model “missing”$/);
    const error = await rejectsWith(call('defect'), 'INTERNAL');
    assert.doesNotMatch(error.message, /secret/);
    assert.equal((await call('next')).message, 'next');
  });

  it('refuses requests above its limit and goes on', async () => {
    const hold = gate();
    await start({
      inFlightMax: 2,
      serve: async (request) => {
        await hold.opened;
        return await echo(request);
      },
    });
    const held = [call('a'), call('b')];
    await rejectsWith(call('c'), 'RESOURCE_EXHAUSTED', /2 requests already, its limit/);
    hold.open();
    await Promise.all(held);
    assert.equal((await call('d')).message, 'd');
  });

  it('refuses an answer that is too large, for that request alone', async () => {
    await start({ messageBytesMax: 1_000 });
    await rejectsWith(call('x'.repeat(2_000)), 'RESOURCE_EXHAUSTED', /20\d\d bytes, above the limit of 1000/);
    assert.equal((await call('small')).message, 'small');
  });

  it('cancels the work on a request that the caller withdraws', async () => {
    const [began, ended] = [gate(), gate()];
    await start({
      serve: async (_, context) => {
        context.deadline.signal.addEventListener('abort', () => ended.open());
        began.open();
        await ended.opened;
        return EncodeResponse.fromPartial({});
      },
    });
    const until = deadline.within(5_000);
    const withdrawn = call('a', until);
    await began.opened;
    until.cancel();
    await rejectsWith(withdrawn, 'CANCELLED');
    await ended.opened;
  });

  it('gives each request the time that its caller has left', async () => {
    await start({
      serve: async (_, context) => EncodeResponse.fromPartial({ message: String(context.deadline.remainingMs()) }),
    });
    const until = deadline.within(5_000);
    const left = Number((await call('a', until)).message);
    assert.ok(left > 2_000 && left <= 5_001, String(left));
    until.close();
  });

  it('cancels what is under way when the connection breaks', async () => {
    const [began, ended] = [gate(), gate()];
    await start({
      serve: async (_, context) => {
        context.deadline.signal.addEventListener('abort', () => ended.open());
        began.open();
        return await new Promise<never>(() => undefined);
      },
    });
    const broken = rejectsWith(call('a'), 'UNAVAILABLE');
    await began.opened;
    await channels.close();
    await broken;
    await ended.opened;
  });
});
