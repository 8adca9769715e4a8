import assert from 'node:assert/strict';
import { Client, credentials, status, type ServiceDefinition } from '@grpc/grpc-js';
import { once } from 'node:events';
import { service } from 'grpc-health-check';
import { Deadline } from '../../../base/deadline.js';
import { Channels } from '../../../cluster/rpc/channels.js';
import type { Method } from '../../../cluster/rpc/method.js';
import { unaryHandler } from '../../../cluster/rpc/handlers.js';
import type { RpcServer } from '../../../cluster/rpc/server.js';
import { EncoderService } from '../../../proto/generated/shoal/v1/encoder.js';
import { rejectsWith } from '../rejects.js';
import { clock, echo, echoStream, encodeRequest, encodeStream, handlerOptions, startEchoServer } from './echo.js';
import { gate } from './gate.js';

const health = service as unknown as ServiceDefinition & { Check: Method<{ service: string }, { status: string }> };

describe('the rpc server', () => {
  let server: RpcServer;
  let channels: Channels;
  let deadline: Deadline;
  beforeEach(async () => {
    server = await startEchoServer();
    channels = new Channels({ clock });
    deadline = Deadline.after(clock, 10_000);
  });
  afterEach(async () => {
    deadline.close();
    await channels.close();
    await server.close();
  });
  const statusOf = async (name: string): Promise<string> =>
    (await channels.unary(server.address, health.Check, { service: name }, deadline)).status;

  it('says where it listens', () => {
    assert.match(server.address, /^127\.0\.0\.1:[1-9][0-9]*$/);
  });

  it('refuses a port in use, saying what to do', async () => {
    const port = Number(server.address.split(':')[1]);
    const second = startEchoServer({ port });
    const message = new RegExp(`^port ${port} is in use: .*--port`);
    await rejectsWith(second, 'FAILED_PRECONDITION', message);
  });

  it('answers health checks for the node and for each service', async () => {
    assert.equal(await statusOf(''), 'SERVING');
    assert.equal(await statusOf('shoal.v1.Encoder'), 'SERVING');
    await rejectsWith(statusOf('shoal.v1.Nothing'), 'NOT_FOUND');
  });

  it('reports a service that does not serve', async () => {
    server.setServing('shoal.v1.Encoder', false);
    assert.equal(await statusOf('shoal.v1.Encoder'), 'NOT_SERVING');
    assert.equal(await statusOf(''), 'SERVING');
  });

  it('tells those who watch a service', async () => {
    const watch = (health as ServiceDefinition)['Watch'];
    assert.ok(watch);
    const client = new Client(server.address, credentials.createInsecure());
    const call = client.makeServerStreamRequest<{ service: string }, { status: string }>(
      watch.path,
      watch.requestSerialize,
      watch.responseDeserialize,
      { service: '' },
    );
    const seen: string[] = [];
    for await (const { status } of call as AsyncIterable<{ status: string }>) {
      seen.push(status);
      if (seen.length === 2) break;
      server.setServing('', false);
    }
    assert.deepEqual(seen, ['SERVING', 'NOT_SERVING']);
    client.close();
  });

  it('refuses a request above the message limit, naming both sizes', async () => {
    const small = await startEchoServer({ messageBytesMax: 1024 });
    const large = encodeRequest('x'.repeat(2 * 1024 * 1024));
    const call = channels.unary(small.address, EncoderService.encode, large, deadline);
    await rejectsWith(call, 'RESOURCE_EXHAUSTED', /2097\d\d\d.*1049600/);
    await small.close();
  });

  it('says INVALID_ARGUMENT to bytes that are no message, in a call and on a stream', async () => {
    const client = new Client(server.address, credentials.createInsecure());
    const broken = Buffer.from([0x0a, 0x7f, 0x01]);
    const message =
      'the request is no message that /shoal.v1.Encoder/Encode takes; use a client made from its .proto files';
    const bytes = (value: Buffer): Buffer => value;
    const unary = new Promise((resolve) =>
      client.makeUnaryRequest(EncoderService.encode.path, bytes, bytes, broken, resolve),
    );
    const { code, details } = (await unary) as { code: number; details: string };
    assert.deepEqual([code, details], [status.INVALID_ARGUMENT, message]);
    const stream = client.makeBidiStreamRequest(EncoderService.encodeStream.path, bytes, bytes);
    const failed = once(stream, 'error') as Promise<[{ code: number }]>;
    stream.resume();
    stream.write(broken);
    assert.equal((await failed)[0].code, status.INVALID_ARGUMENT);
    client.close();
    assert.equal(
      (await channels.unary(server.address, EncoderService.encode, encodeRequest('a'), deadline)).message,
      'a',
    );
  });

  it('finishes unary and streamed calls under way before it stops', async () => {
    const started = { a: gate(), b: gate() };
    const finish = gate();
    const wait: typeof echo = async (request) => {
      started[request.model === 'a' ? 'a' : 'b'].open();
      await finish.opened;
      return await echo(request);
    };
    const encoder = { encode: unaryHandler(wait, handlerOptions), encodeStream: echoStream({ serve: wait }) };
    const draining = await startEchoServer({ encoder });
    const unary = channels.unary(draining.address, EncoderService.encode, encodeRequest('a'), deadline);
    const streamed = channels.stream(draining.address, encodeStream).call(encodeRequest('b'), deadline);
    await Promise.all([started.a.opened, started.b.opened]);
    const drained = draining.drain();
    finish.open();
    assert.equal((await unary).message, 'a');
    assert.equal((await streamed).message, 'b');
    await drained;
    const late = channels.unary(draining.address, EncoderService.encode, encodeRequest('c'), deadline);
    await rejectsWith(late, 'UNAVAILABLE');
  });

  it('does not wait for those who watch its health', async () => {
    const client = new Client(server.address, credentials.createInsecure());
    const { path, requestSerialize, responseDeserialize } = (health as ServiceDefinition)['Watch'] ?? assert.fail();
    const call = client.makeServerStreamRequest(path, requestSerialize, responseDeserialize, { service: '' });
    await once(call, 'data');
    const ended = once(call, 'end');
    call.resume();
    const before = clock.monotonicMs();
    await server.drain();
    await ended;
    assert.ok(clock.monotonicMs() - before < 5_000);
    client.close();
  });

  it('drains at once when only an idle stream is open', async () => {
    await channels.stream(server.address, encodeStream).call(encodeRequest('a'), deadline);
    await server.drain();
    await server.drain();
  });
});
