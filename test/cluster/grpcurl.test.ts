/** The tools that people use against a gRPC server, grpcurl and ghz, work against Shoal's without any .proto file. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { RpcServer } from '../../cluster/rpc/server.js';
import { skipBecause } from '../skip.js';
import { startEchoServer } from './rpc/echo.js';

const run = promisify(execFile);

function binary(name: string): string {
  return fileURLToPath(new URL(`../../.cache/bin/${name}`, import.meta.url));
}

/** Standard output of `name` with `args`; rejects with standard error in the message. */
async function output(name: string, args: readonly string[]): Promise<string> {
  const { stdout } = await run(binary(name), [...args], { timeout: 15_000 });
  return stdout;
}

for (const tool of ['grpcurl', 'ghz']) {
  describe(tool, () => {
    let server: RpcServer;
    before(async function () {
      if (!existsSync(binary(tool)))
        skipBecause(this, `${tool} is not there; npm run setup -- --for test builds it from Go modules`);
      server = await startEchoServer({ reflection: true });
    });
    after(async () => {
      await server?.close();
    });
    if (tool === 'grpcurl') grpcurlTests(() => server.address);
    else ghzTests(() => server.address);
  });
}

function grpcurlTests(address: () => string): void {
  const grpcurl = (...args: string[]): Promise<string> => output('grpcurl', ['-plaintext', ...args]);

  it('lists the services', async () => {
    const services = (await grpcurl(address(), 'list')).trim().split('\n');
    for (const name of ['grpc.health.v1.Health', 'shoal.v1.Encoder']) assert.ok(services.includes(name), name);
  });

  it('lists the methods of a service', async () => {
    const methods = (await grpcurl(address(), 'list', 'shoal.v1.Encoder')).trim().split('\n');
    assert.ok(methods.includes('shoal.v1.Encoder.EncodeStream'), methods.join());
  });

  it('describes a method and a message', async () => {
    const method = await grpcurl(address(), 'describe', 'shoal.v1.Encoder.Encode');
    assert.match(method, /rpc Encode \( \.shoal\.v1\.EncodeRequest \) returns \( \.shoal\.v1\.EncodeResponse \)/);
    assert.match(await grpcurl(address(), 'describe', 'shoal.v1.EncodeRequest'), /uint32 deadline_ms = 2/);
  });

  it('calls a unary method', async () => {
    const answer = await grpcurl('-d', '{"model":"hello"}', address(), 'shoal.v1.Encoder/Encode');
    assert.deepEqual(JSON.parse(answer), { message: 'hello' });
  });

  it('calls a bidirectional stream, which is answered before it ends', async () => {
    const requests = '{"seq":1,"model":"a"}{"seq":2,"model":"missing"}';
    const answers = await grpcurl('-d', requests, address(), 'shoal.v1.Encoder/EncodeStream');
    assert.match(answers, /"seq": "1",\s+"message": "a"/);
    assert.match(answers, /"seq": "2",\s+"status": 5,\s+"message": "no model “missing”"/);
  });

  it('shows code and message of an error', async () => {
    const failed = grpcurl('-d', '{"model":"missing"}', address(), 'shoal.v1.Encoder/Encode');
    await assert.rejects(failed, /Code: NotFound\s+Message: no model “missing”/);
  });

  it('checks the health', async () => {
    const answer = await grpcurl('-d', '{"service":"shoal.v1.Encoder"}', address(), 'grpc.health.v1.Health/Check');
    assert.deepEqual(JSON.parse(answer), { status: 'SERVING' });
  });
}

function ghzTests(address: () => string): void {
  it('loads a unary method', async () => {
    const method = ['--call', 'shoal.v1.Encoder.Encode', '-d', '{"model":"hello"}'];
    const report = await output('ghz', ['--insecure', ...method, '-n', '200', '-c', '10', '-O', 'json', address()]);
    // The report is the tool's own; only its count of answers matters here.
    const { statusCodeDistribution } = JSON.parse(report) as { statusCodeDistribution: Record<string, number> };
    assert.deepEqual(statusCodeDistribution, { OK: 200 });
  });
}
