import assert from 'node:assert/strict';
import { ArchiveWriter } from '../../../../coordinator/backup/archive-writer.js';
import type { BackupParts } from '../../../../coordinator/backup/parts.js';
import { sendReplica, type ReplicaFiles } from '../../../../coordinator/backup/replica-files.js';
import { ShoalError } from '../../../../base/errors.js';
import { FakeClock } from '../../../fake-clock.js';
import { deadlineOf, mapOf, placement, replica, shardNode, silent, viewOf } from '../fixtures.js';
import { transferring, type TransferCall } from './fixtures.js';

const snapshot = {
  snapshot: 3n,
  marks: [{ subject: 's', sequence: 8n }],
  files: [
    { name: 'a.segment', bytes: 5n },
    { name: 'manifest', bytes: 2n },
  ],
};
const contents = ['abcde', 'fg'];

function read({ request }: TransferCall): unknown {
  const { file, offset } = request as { file: number; offset: bigint };
  return { data: Buffer.from(contents[file]!.slice(Number(offset), Number(offset) + 3)) };
}

/** Sends shard 2 of two nodes, of which `answer` says what they give; the names and bytes that went out. */
async function send(
  answer: (call: TransferCall) => unknown,
): Promise<{ sent: ReplicaFiles; out: string[]; calls: TransferCall[] }> {
  const { peers, calls } = transferring(answer);
  const nodes = ['n1', 'n2'];
  const map = mapOf({
    nodes: nodes.map(shardNode),
    placements: [placement(2, nodes)],
    replicas: nodes.map((node) => replica(2, node)),
  });
  const parts = { view: viewOf(map), peers, clock: new FakeClock(), logger: silent } as unknown as BackupParts;
  const out: string[] = [];
  const sending = sendReplica(placement(2, nodes), new ArchiveWriter(), parts, deadlineOf());
  for (;;) {
    const next = await sending.next();
    if (next.done === true) return { sent: next.value, out, calls };
    out.push(next.value.member ?? String(next.value.data));
  }
}

describe('the files of a replica', () => {
  it('go out whole, with what they cover, and are let go', async () => {
    const { sent, out, calls } = await send((call) => {
      if (call.method === 'openSnapshot') return snapshot;
      return call.method === 'readSnapshot' ? read(call) : {};
    });
    assert.deepEqual(out, ['shard-2.a.segment', 'abc', 'de', 'shard-2.manifest', 'fg']);
    assert.deepEqual(sent.marks, { s: 8n });
    assert.deepEqual(sent.files, [
      { file: 'a.segment', member: 'shard-2.a.segment' },
      { file: 'manifest', member: 'shard-2.manifest' },
    ]);
    assert.deepEqual(calls.at(-1), { address: 'n1:1', method: 'closeSnapshot', request: { snapshot: 3n } });
  });

  it('come from the next replica where one cannot seal', async () => {
    const { calls } = await send((call) => {
      if (call.method !== 'openSnapshot') return call.method === 'readSnapshot' ? read(call) : {};
      if (call.address === 'n2:1') return snapshot;
      throw new ShoalError('RESOURCE_EXHAUSTED', 'the disk is full');
    });
    assert.ok(calls.slice(1).every(({ address }) => address === 'n2:1'));
  });

  it('are refused for want of room only where no node has any', async () => {
    const full = send(({ address }) => {
      throw new ShoalError('RESOURCE_EXHAUSTED', `the disk of ${address} is full`);
    });
    await assert.rejects(full, { code: 'RESOURCE_EXHAUSTED', message: /the disk of n\d:1 is full/ });
  });

  it('that end before they should are no backup', async () => {
    const short = send((call) => {
      if (call.method !== 'readSnapshot') return call.method === 'openSnapshot' ? snapshot : {};
      return call.request['offset'] === 3n ? { data: Buffer.alloc(0) } : read(call);
    });
    await assert.rejects(short, { code: 'DATA_LOSS', message: /file 'a.segment' .* ends after 3 of 5 bytes/ });
  });

  it('are let go also where they cannot be read to the end', async () => {
    const seen: string[] = [];
    const failing = send(({ method }) => {
      seen.push(method);
      if (method === 'openSnapshot') return snapshot;
      throw new ShoalError('UNAVAILABLE', 'the node is gone');
    });
    await assert.rejects(failing, { code: 'UNAVAILABLE', message: 'the node is gone' });
    assert.deepEqual(seen, ['openSnapshot', 'readSnapshot', 'closeSnapshot']);
  });
});
