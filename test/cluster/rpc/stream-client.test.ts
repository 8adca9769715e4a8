import assert from 'node:assert/strict';
import { Deadline } from '../../../base/deadline.js';
import { Channels } from '../../../cluster/rpc/channels.js';
import type { RpcServer } from '../../../cluster/rpc/server.js';
import type { EncodeResponse } from '../../../proto/generated/shoal/v1/encoder.js';
import { rejectsWith } from '../rejects.js';
import { clock, echo, echoStream, encodeRequest, encodeStream, startEchoServer } from './echo.js';
import { gate } from './gate.js';

describe('the client side of a multiplexed stream', () => {
  let server: RpcServer;
  let channels: Channels;
  let deadline: Deadline;
  const call = (model: string, until = deadline): Promise<EncodeResponse> =>
    channels.stream(server.address, encodeStream).call(encodeRequest(model), until);

  beforeEach(async () => {
    server = await startEchoServer();
    channels = new Channels({ clock, inFlightMax: 1_000, messageBytesMax: 1_000_000 });
    deadline = Deadline.after(clock, 10_000);
  });
  afterEach(async () => {
    deadline.close();
    await channels.close();
    await server.close();
  });

  it('gives every one of many concurrent calls its own answer', async () => {
    const unlimited = await startEchoServer({ encoder: { encodeStream: echoStream({ inFlightMax: 1_000 }) as never } });
    const stream = channels.stream(unlimited.address, encodeStream);
    const names = Array.from({ length: 1_000 }, (_, i) => `model ${i}`);
    const answers = await Promise.all(names.map((name) => stream.call(encodeRequest(name), deadline)));
    assert.deepEqual(
      answers.map(({ message }) => message),
      names,
    );
    assert.equal(stream.inFlight, 0);
    await unlimited.close();
  });

  it('rejects at the deadline though the server says nothing', async () => {
    const encoder = { encodeStream: echoStream({ serve: () => new Promise<never>(() => undefined) }) as never };
    const silent = await startEchoServer({ encoder });
    const until = Deadline.after(clock, 30);
    const stream = channels.stream(silent.address, encodeStream);
    await rejectsWith(stream.call(encodeRequest('a'), until), 'DEADLINE_EXCEEDED');
    assert.equal(stream.inFlight, 0);
    await silent.close();
  });

  it('refuses calls above its limit', async () => {
    const few = new Channels({ clock, inFlightMax: 1 });
    const stream = few.stream(server.address, encodeStream);
    const first = stream.call(encodeRequest('a'), deadline);
    await rejectsWith(stream.call(encodeRequest('b'), deadline), 'RESOURCE_EXHAUSTED', /^1 calls to .* the limit/);
    await first;
    await few.close();
  });

  it('refuses a request that is too large and keeps the stream', async () => {
    await rejectsWith(call('x'.repeat(1_000_001)), 'RESOURCE_EXHAUSTED', /10000\d\d bytes, above the limit of 1000000/);
    assert.equal((await call('small')).message, 'small');
  });

  it('carries more than the transport takes at once', async () => {
    const large = 'x'.repeat(500_000);
    const answers = await Promise.all(Array.from({ length: 60 }, () => call(large)));
    assert.ok(answers.every(({ message }) => message.length === large.length));
  });

  it('fails what is under way when the server dies, and finds the server again after its restart', async () => {
    const began = gate();
    const encoder = {
      encodeStream: echoStream({
        serve: async (request) => {
          began.open();
          return request.model === 'hang' ? await new Promise<never>(() => undefined) : await echo(request);
        },
      }) as never,
    };
    const first = await startEchoServer({ encoder });
    const port = Number(first.address.split(':')[1]);
    const stream = channels.stream(first.address, encodeStream);
    const hanging = rejectsWith(stream.call(encodeRequest('hang'), deadline), 'UNAVAILABLE', new RegExp(first.address));
    await began.opened;
    await first.close();
    await hanging;
    const second = await startEchoServer({ port });
    const answer = await untilAnswered(() => stream.call(encodeRequest('again'), deadline));
    assert.equal(answer.message, 'again');
    await second.close();
  });

  it('fails quickly while the peer is away', async () => {
    await server.close();
    await rejectsWith(call('a'), 'UNAVAILABLE', /cannot be reached/);
    await rejectsWith(call('b'), 'UNAVAILABLE', /cannot be reached/);
  });

  it('fails calls under way and later ones once closed', async () => {
    const stream = channels.stream(server.address, encodeStream);
    const underWay = rejectsWith(stream.call(encodeRequest('a'), deadline), 'UNAVAILABLE', /was closed/);
    await stream.close();
    await stream.close();
    await underWay;
    await rejectsWith(stream.call(encodeRequest('b'), deadline), 'UNAVAILABLE', /was closed/);
  });

  it('lets many calls follow one deadline', async () => {
    const until = deadline.within(5_000);
    await Promise.all(Array.from({ length: 50 }, (_, i) => call(String(i), until)));
    until.cancel();
    await rejectsWith(call('late', until), 'CANCELLED');
  });
});

/** Calls again while the channel's back-off lasts, as a caller with several replicas would. */
async function untilAnswered(attempt: () => Promise<EncodeResponse>): Promise<EncodeResponse> {
  for (;;) {
    try {
      return await attempt();
    } catch (thrown) {
      await rejectsWith(Promise.reject(thrown), 'UNAVAILABLE');
      await new Promise((resolve) => setImmediate(resolve));
    }
  }
}
