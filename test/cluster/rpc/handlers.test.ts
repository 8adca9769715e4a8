import assert from 'node:assert/strict';
import { credentials, Metadata } from '@grpc/grpc-js';
import { once } from 'node:events';
import { ShoalError } from '../../../base/errors.js';
import { clientStreamHandler, serverStreamHandler } from '../../../cluster/rpc/handlers.js';
import type { RpcServer } from '../../../cluster/rpc/server.js';
import { shoalErrorOf } from '../../../cluster/rpc/status.js';
import {
  DocumentsClient,
  ImportRequest,
  ImportResponse,
  ScrollRequest,
  ScrollResponse,
} from '../../../proto/generated/shoal/v1/documents.js';
import { handlerOptions, startEchoServer, type EchoServerOptions } from './echo.js';
import { gate } from './gate.js';

describe('stream handlers', () => {
  let server: RpcServer;
  let client: DocumentsClient;
  const start = async (documents: Record<string, never> | object, options: EchoServerOptions = {}): Promise<void> => {
    server = await startEchoServer({ documents: documents as never, ...options });
    client = new DocumentsClient(server.address, credentials.createInsecure());
  };
  afterEach(async () => {
    client.close();
    await server.close();
  });

  /** Starts an import and gives its call and its answer. */
  function startImport(): { call: ReturnType<DocumentsClient['import']>; answer: Promise<ImportResponse> } {
    let call: ReturnType<DocumentsClient['import']> | undefined;
    const answer = new Promise<ImportResponse>((resolve, reject) => {
      call = client.import((thrown, response) => (thrown === null ? resolve(response) : reject(shoalErrorOf(thrown))));
    });
    answer.catch(() => undefined);
    assert.ok(call);
    return { call, answer };
  }

  it('read a stream of requests to its end and answer once', async () => {
    const importAll = clientStreamHandler<ImportRequest, ImportResponse>(async (requests) => {
      const names: string[] = [];
      for await (const { collection } of requests) names.push(collection);
      return ImportResponse.fromPartial({ uid: names.join() });
    }, handlerOptions);
    await start({ import: importAll });
    const { call, answer } = startImport();
    for (const collection of ['a', 'b', 'c']) call.write(ImportRequest.fromPartial({ collection }));
    call.end();
    assert.equal((await answer).uid, 'a,b,c');
  });

  it('pause a caller whose requests are not yet wanted', async () => {
    const [first, go] = [gate(), gate()];
    let taken = 0;
    const importSlowly = clientStreamHandler<ImportRequest, ImportResponse>(async (requests) => {
      for await (const request of requests) {
        taken += request.collection.length > 0 ? 1 : 0;
        first.open();
        await go.opened;
      }
      return ImportResponse.fromPartial({ read: BigInt(taken) });
    }, handlerOptions);
    await start({ import: importSlowly });
    const { call, answer } = startImport();
    const collection = 'x'.repeat(100_000);
    let written = 0;
    // Node's own buffer holds 16 messages; beyond it a write waits for the peer.
    while (written < 1_000 && call.write(ImportRequest.fromPartial({ collection }))) written += 1;
    await first.opened;
    const blocked = written;
    assert.ok(blocked < 200, `${blocked} messages were taken from the caller while the first was worked on`);
    go.open();
    while (written < 300) {
      if (!call.write(ImportRequest.fromPartial({ collection }))) await once(call, 'drain');
      written += 1;
    }
    call.end();
    assert.ok((await answer).read >= 300n);
  });

  it('hold a bounded number of messages of a caller that sends without pause', async () => {
    const [first, go] = [gate(), gate()];
    const importNothing = clientStreamHandler<ImportRequest, ImportResponse>(async (requests) => {
      for await (const request of requests) {
        assert.ok(request);
        first.open();
        await go.opened;
        break;
      }
      return ImportResponse.fromPartial({});
    }, handlerOptions);
    await start({ import: importNothing });
    const { call, answer } = startImport();
    const flushed = { count: 0 };
    for (let i = 0; i < 400; i += 1) {
      call.write(ImportRequest.fromPartial({ collection: 'x'.repeat(100_000) }), () => (flushed.count += 1));
    }
    await first.opened;
    await turns(200);
    assert.ok(flushed.count < 100, `${flushed.count} of 400 messages left the caller`);
    go.open();
    await answer;
  });

  it('may answer before the caller has finished', async () => {
    const refuse = clientStreamHandler<ImportRequest, ImportResponse>(async (requests) => {
      for await (const { collection } of requests) {
        throw new ShoalError('NOT_FOUND', `no collection ${collection}`);
      }
      return ImportResponse.fromPartial({});
    }, handlerOptions);
    await start({ import: refuse });
    const { call, answer } = startImport();
    call.write(ImportRequest.fromPartial({ collection: 'a' }));
    await assert.rejects(answer, { code: 'NOT_FOUND', message: 'no collection a' });
  });

  it('end the deadline when the caller goes away', async () => {
    const began = gate();
    const outcome = new Promise<unknown>((resolve) => {
      const waiting = clientStreamHandler<ImportRequest, ImportResponse>(async (requests) => {
        began.open();
        try {
          for await (const request of requests) assert.ok(request);
        } catch (thrown) {
          resolve(thrown);
          throw thrown;
        }
        return ImportResponse.fromPartial({});
      }, handlerOptions);
      void start({ import: waiting }).then(async () => {
        const { call } = startImport();
        call.write(ImportRequest.fromPartial({}));
        await began.opened;
        call.cancel();
      });
    });
    assert.equal(ShoalError.from(await outcome).code, 'CANCELLED');
  });

  it('stream answers as fast as the caller reads, and no faster', async () => {
    let produced = 0;
    const scroll = serverStreamHandler<ScrollRequest, ScrollResponse>(async function* () {
      while (produced < 500) {
        produced += 1;
        yield ScrollResponse.fromPartial({ uid: 'x'.repeat(100_000) });
      }
    }, handlerOptions);
    await start({ scroll });
    const call = client.scroll(ScrollRequest.fromPartial({}));
    await once(call, 'readable');
    await turns(200);
    assert.ok(produced < 200, `${produced} answers were made for a caller who reads none`);
    let received = 0;
    for await (const { uid } of call as AsyncIterable<ScrollResponse>) received += uid.length > 0 ? 1 : 0;
    assert.equal(received, 500);
  });

  it('end a stream of answers with the error that was thrown', async () => {
    const scroll = serverStreamHandler<ScrollRequest, ScrollResponse>(async function* () {
      yield ScrollResponse.fromPartial({ uid: 'a' });
      throw new ShoalError('DATA_LOSS', 'the checksum does not match');
    }, handlerOptions);
    await start({ scroll });
    const call = client.scroll(ScrollRequest.fromPartial({}));
    const received: string[] = [];
    const reading = (async () => {
      for await (const { uid } of call as AsyncIterable<ScrollResponse>) received.push(uid);
    })();
    await assert.rejects(reading, (thrown) => shoalErrorOf(thrown).code === 'DATA_LOSS');
    assert.deepEqual(received, ['a']);
  });

  it('stop making answers when the caller goes away', async () => {
    const stopped = gate();
    const scroll = serverStreamHandler<ScrollRequest, ScrollResponse>(async function* () {
      try {
        for (;;) yield ScrollResponse.fromPartial({ uid: 'x'.repeat(10_000) });
      } finally {
        stopped.open();
      }
    }, handlerOptions);
    await start({ scroll });
    const call = client.scroll(ScrollRequest.fromPartial({}));
    call.on('error', () => undefined);
    await once(call, 'data');
    call.cancel();
    await stopped.opened;
  });

  it('tell whoever imports on and on, or only waits, that the node stops', async () => {
    const began = [gate(), gate()];
    const importAll = clientStreamHandler<ImportRequest, ImportResponse>(async (requests) => {
      for await (const { collection } of requests) began[Number(collection)]?.open();
      return ImportResponse.fromPartial({});
    }, handlerOptions);
    await start({ import: importAll }, { drainMsMax: 50 });
    const [busy, idle] = [startImport(), startImport()];
    busy.call.on('error', () => undefined);
    idle.call.write(ImportRequest.fromPartial({ collection: '1' }));
    const send = (): void =>
      void busy.call.write(ImportRequest.fromPartial({ collection: '0' }), () => setImmediate(send));
    send();
    await Promise.all(began.map(({ opened }) => opened));
    const failure = { code: 'UNAVAILABLE', message: 'the node is stopping; run the import again' };
    await Promise.all([assert.rejects(busy.answer, failure), assert.rejects(idle.answer, failure), server.drain()]);
  });

  it('let an import that ends in time finish while the node stops', async () => {
    const began = gate();
    const importAll = clientStreamHandler<ImportRequest, ImportResponse>(async (requests) => {
      for await (const { collection } of requests) if (collection === 'a') began.open();
      return ImportResponse.fromPartial({ uid: 'done' });
    }, handlerOptions);
    await start({ import: importAll });
    const { call, answer } = startImport();
    call.write(ImportRequest.fromPartial({ collection: 'a' }));
    await began.opened;
    const drained = server.drain();
    call.end();
    assert.equal((await answer).uid, 'done');
    await drained;
  });

  it('tell whoever reads a stream of answers that the node stops', async () => {
    const scroll = serverStreamHandler<ScrollRequest, ScrollResponse>(async function* (_, { deadline }) {
      yield ScrollResponse.fromPartial({ uid: 'a' });
      await once(deadline.signal, 'abort');
      deadline.check();
    }, handlerOptions);
    await start({ scroll }, { drainMsMax: 50 });
    const call = client.scroll(ScrollRequest.fromPartial({}));
    const ended = once(call, 'end').then(undefined, (thrown: unknown) => {
      throw shoalErrorOf(thrown);
    });
    await once(call, 'data');
    const failure = { code: 'UNAVAILABLE', message: 'the node is stopping; read again from the last answer on' };
    await Promise.all([assert.rejects(ended, failure), server.drain()]);
  });

  it('give handlers the headers of a call', async () => {
    const importNothing = clientStreamHandler<ImportRequest, ImportResponse>(async (_, context) => {
      return ImportResponse.fromPartial({ uid: `${context.header('x-key')} ${context.header('absent')}` });
    }, handlerOptions);
    await start({ import: importNothing });
    const metadata = new Metadata();
    metadata.set('x-key', 'one');
    const answer = new Promise<ImportResponse>((resolve, reject) => {
      client.import(metadata, (thrown, response) => (thrown === null ? resolve(response) : reject(thrown))).end();
    });
    assert.equal((await answer).uid, 'one undefined');
  });
});

/** Lets the event loop turn `count` times: what flow control allows has then happened. */
async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}
