import assert from 'node:assert/strict';
import { ShoalError } from '../../../base/errors.js';
import { Deadline } from '../../../base/deadline.js';
import { Channels } from '../../../cluster/rpc/channels.js';
import { unaryHandler } from '../../../cluster/rpc/handlers.js';
import type { RpcServer } from '../../../cluster/rpc/server.js';
import { EncoderService } from '../../../proto/generated/shoal/v1/encoder.js';
import { rejectsWith } from '../rejects.js';
import { clock, echo, echoStream, encodeRequest, encodeStream, handlerOptions, startEchoServer } from './echo.js';
import { gate } from './gate.js';

describe('channels', () => {
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

  it('carry a unary call', async () => {
    const answer = await channels.unary(server.address, EncoderService.encode, encodeRequest('hello'), deadline);
    assert.equal(answer.message, 'hello');
  });

  it('bring a failed call back with code, message and details', async () => {
    const call = channels.unary(server.address, EncoderService.encode, encodeRequest('missing'), deadline);
    const error = await rejectsWith(call, 'NOT_FOUND', /^no model “missing”$/);
    assert.deepEqual(error.details, { model: 'missing' });
  });

  it('name a peer that cannot be reached', async () => {
    const { address } = server;
    await server.close();
    const call = channels.unary(address, EncoderService.encode, encodeRequest(''), deadline);
    await rejectsWith(call, 'UNAVAILABLE', new RegExp(`${address} cannot be reached`));
  });

  it('use one stream for each address and method', () => {
    assert.equal(channels.stream(server.address, encodeStream), channels.stream(server.address, encodeStream));
  });

  it('answer UNIMPLEMENTED for a method that the node does not offer', async () => {
    const call = channels.unary(server.address, EncoderService.tokenize, { inputType: 0, texts: [] }, deadline);
    await rejectsWith(call, 'UNIMPLEMENTED');
  });

  it('make no call after the deadline', async () => {
    deadline.cancel();
    await rejectsWith(channels.unary(server.address, EncoderService.encode, encodeRequest(''), deadline), 'CANCELLED');
  });

  it('cancel the call at the server when the caller gives up', async () => {
    const ended = new Promise<string>((resolve) => {
      const encode = unaryHandler(async (_, context) => {
        deadline.cancel();
        return await new Promise<never>((_resolve, reject) => {
          context.deadline.signal.addEventListener('abort', () => {
            resolve('cancelled');
            reject(ShoalError.from(context.deadline.signal.reason));
          });
        });
      }, handlerOptions);
      void startEchoServer({ encoder: { encode } }).then(async (waiting) => {
        await rejectsWith(
          channels.unary(waiting.address, EncoderService.encode, encodeRequest(''), deadline),
          'CANCELLED',
        );
        await waiting.drain();
      });
    });
    assert.equal(await ended, 'cancelled');
  });

  it('pass the deadline on', async () => {
    const encode = unaryHandler(
      async (_, context) => ({ seq: 0n, status: 0, message: String(context.deadline.remainingMs()), encodings: [] }),
      handlerOptions,
    );
    const timed = await startEchoServer({ encoder: { encode } });
    const { message } = await channels.unary(timed.address, EncoderService.encode, encodeRequest(''), deadline);
    assert.ok(Number(message) > 5_000 && Number(message) <= 10_000, message);
    await timed.close();
  });

  it('give DEADLINE_EXCEEDED when the server takes too long', async () => {
    const encode = unaryHandler(() => new Promise<never>(() => undefined), handlerOptions);
    const slow = await startEchoServer({ encoder: { encode } });
    const short = Deadline.after(clock, 50);
    const call = channels.unary(slow.address, EncoderService.encode, encodeRequest(''), short);
    await rejectsWith(call, 'DEADLINE_EXCEEDED');
    await slow.close();
  });

  it('are of no use once closed', async () => {
    await channels.close();
    await rejectsWith(
      channels.unary(server.address, EncoderService.encode, encodeRequest(''), deadline),
      'UNAVAILABLE',
    );
  });

  it('finish what is under way to a peer that is forgotten, and fail it when they are closed', async () => {
    const asked = [gate(), gate()] as const;
    const finish = [gate(), gate()] as const;
    const serve: typeof echo = async (request) => {
      const number = request.model === 'a' ? 0 : 1;
      asked[number].open();
      await finish[number].opened;
      return await echo(request);
    };
    const slow = await startEchoServer({ encoder: { encodeStream: echoStream({ serve }) } });
    const first = channels.stream(slow.address, encodeStream).call(encodeRequest('a'), deadline);
    await asked[0].opened;
    const forgotten = channels.forget(slow.address);
    assert.deepEqual([...channels.addresses()], []);
    finish[0].open();
    assert.equal((await first).message, 'a');
    await forgotten;
    const second = channels.stream(slow.address, encodeStream).call(encodeRequest('b'), deadline);
    await asked[1].opened;
    assert.deepEqual([...channels.addresses()], [slow.address]);
    const forgottenToo = channels.forget(slow.address);
    await Promise.all([rejectsWith(second, 'UNAVAILABLE'), channels.close()]);
    await forgottenToo;
    finish[1].open();
    await slow.close();
  });

  it('find a peer again after forgetting it', async () => {
    await channels.stream(server.address, encodeStream).call(encodeRequest('a'), deadline);
    await channels.forget(server.address);
    const again = await channels.stream(server.address, encodeStream).call(encodeRequest('b'), deadline);
    assert.equal(again.message, 'b');
  });
});
