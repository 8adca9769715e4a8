/** Conditional writes become records of the directory's subject, as many as they need, each piece named for itself. */
import assert from 'node:assert/strict';
import { ShoalError } from '../../../../base/errors.js';
import { condition, headersOf } from '../../../../cluster/log/record-headers.js';
import { documentsOf } from '../../../../cluster/log/records.js';
import { writeConditionally, type ConditionalOutcome } from '../../../../coordinator/ingest/write-conditionally.js';
import { AwaitVerdictsResponse, Verdict } from '../../../../proto/generated/shoal/v1/directory.js';
import { LogDocument } from '../../../../proto/generated/shoal/v1/log.js';
import { deadlineOf, longs } from '../fixtures.js';
import { writeRig, type WriteRig } from '../write-rig.js';

function run(
  each: WriteRig,
  ids: readonly string[],
  textBytes = 1,
  writeId = '',
): Promise<readonly ConditionalOutcome[]> {
  const documents = ids.map((id, i) => ({
    id,
    document: LogDocument.fromPartial({ id, text: 'x'.repeat(textBytes), further: [{ id, passage: 1, list: 2 }] }),
    contentHash: BigInt(i),
    condition: condition.absent,
  }));
  return writeConditionally(documents, writeId, each.settings, { parts: each.parts, deadline: deadlineOf() });
}

describe('writing conditionally', () => {
  it('says where each document is, or what was in its way', async () => {
    const each = writeRig();
    const first = await run(each, ['a']);
    const second = await run(each, ['a', 'b']);
    assert.deepEqual(first, [{ outcome: { docId: 4_096n, sequence: 1n }, sequence: 1n }]);
    assert.ok(second[0]?.outcome instanceof ShoalError);
    assert.match(second[0].outcome.message, /document 'a' was to be absent, but it is there with docId 4096/);
    assert.deepEqual(second[1], { outcome: { docId: 2n * 4_096n + 1n, sequence: 2n }, sequence: 2n });
    assert.equal(second[0].sequence, 2n);
    const [document] = documentsOf(each.log.entries[0]!);
    assert.deepEqual([document?.further.length, document?.further[0]?.list], [1, 2]);
  });

  it('cuts what is too much for a record, and gives every piece a name that a repeat has too', async () => {
    const each = writeRig();
    const ids = Array.from({ length: 10 }, (_, i) => String(i));
    const outcomes = await run(each, ids, 200 * 1024, 'w');
    assert.equal(outcomes.length, 10);
    await run(each, ids, 200 * 1024, 'w');
    const again = each.log.entries.splice(3);
    const headers = each.log.entries.map((entry) => headersOf(entry));
    assert.deepEqual(headers.flatMap((each) => each.ids).sort(), ids);
    const nameOf = (some: ReturnType<typeof headersOf>): string => (some.operation === 'write' ? some.writeId : '');
    const names = headers.map(nameOf).sort();
    assert.equal(new Set(names).size, 3);
    assert.deepEqual(again.map((entry) => nameOf(headersOf(entry))).sort(), names);
  });

  it('says so where the directory does not know any more', async () => {
    const awaitVerdicts = async (): Promise<AwaitVerdictsResponse> =>
      AwaitVerdictsResponse.fromPartial({ verdicts: [Verdict.VERDICT_UNKNOWN], docIds: longs(0n) });
    const [outcome] = await run(writeRig({ peers: { awaitVerdicts } }), ['a']);
    assert.ok(outcome?.outcome instanceof ShoalError);
    assert.equal(outcome.outcome.code, 'ABORTED');
    assert.match(outcome.outcome.message, /'a'.*not known any more.*read the document again/);
  });

  it('refuses a document that is larger than a record may be, and no other', async () => {
    const each = writeRig();
    const [outcome] = await run(each, ['huge'], 8 * 1024 * 1024);
    assert.ok(outcome?.outcome instanceof ShoalError);
    assert.match(outcome.outcome.message, /^document 'huge' has \d+ bytes with its vectors.*chunk it$/);
    assert.equal(each.log.entries.length, 0);
  });

  it('gives each document of a piece the piece’s trouble', async () => {
    const each = writeRig();
    each.log.hindrance = () => {
      throw new ShoalError('RESOURCE_EXHAUSTED', 'the disk is full');
    };
    const outcomes = await run(each, ['a', 'b']);
    for (const { outcome, sequence } of outcomes) {
      assert.ok(outcome instanceof ShoalError && outcome.code === 'RESOURCE_EXHAUSTED');
      assert.equal(sequence, 0n);
    }
  });
});
