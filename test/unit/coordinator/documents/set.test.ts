/** Setting attributes writes the version that was read, changed, and reads it again where another write came first. */
import assert from 'node:assert/strict';
import { Deadline } from '../../../../base/deadline.js';
import { documentsOf } from '../../../../cluster/log/records.js';
import { headersOf } from '../../../../cluster/log/record-headers.js';
import { setAttributes, type AttributesSet } from '../../../../coordinator/documents/set.js';
import { ingest } from '../../../../coordinator/ingest/ingest.js';
import type { Peers } from '../../../../coordinator/peers.js';
import { Document } from '../../../../proto/generated/shoal/v1/document.js';
import { SetAttributesRequest } from '../../../../proto/generated/shoal/v1/documents.js';
import { LogDocument } from '../../../../proto/generated/shoal/v1/log.js';
import { FetchResponse } from '../../../../proto/generated/shoal/v1/shard.js';
import type { Structure } from '../../../../vector-index/codebook/structure.js';
import { deadlineOf, floats, longs, words } from '../fixtures.js';
import { decided, writeRig, type WriteRig } from '../write-rig.js';

/** One shard, which has of each id what the log says, with the year 1 and another attribute. */
function rig(
  onFetch: (each: WriteRig) => Promise<void> = async () => undefined,
  structure?: Structure,
  newest = (docId: bigint): bigint => docId,
): WriteRig {
  const there = (): ReturnType<typeof decided>['there'] => decided(each.log).there;
  const peers: Partial<Peers> = {
    locate: async (_, { ids }) => ({
      located: {
        docIds: longs(...ids.map((id) => newest(there().get(id)?.docId ?? 0n))),
        places: words(...ids.map(() => 0)),
        marks: [{ subject: 'shoal.u1.1.0', sequence: 1n }],
      },
    }),
    listRows: async (_, { after }) => ({
      ids: ['a'],
      docIds: longs(after + 1n),
      contentHashes: longs(77n),
      primary: Buffer.of(1),
      done: true,
    }),
    // Nothing is whole: of every document some place was never heard.
    findUnchanged: async () => ({ docIds: longs(0n) }),
    fetch: async (_, { shards }) => {
      const docId = shards[0]!.docIds.readBigUInt64LE(0);
      const [id] = [...there()].find(([, known]) => known.docId === docId) ?? [];
      if (id === undefined) return FetchResponse.fromPartial({ shards: [{ documents: [] }] });
      const attributes = { year: { int64Value: 1n }, kind: { stringValue: 'old' } };
      const further = [{ id, passage: 1, attributes }];
      const record = LogDocument.fromPartial({ id, text: 'words', dense: floats(1, 2), attributes, terms: 3, further });
      const answer = FetchResponse.fromPartial({ shards: [{ documents: [{ docId, document: { id }, record }] }] });
      await onFetch(each);
      return answer;
    },
  };
  const settings = { attributes: { year: 2, kind: 1 } };
  const each: WriteRig = writeRig({ peers, settings, ...(structure === undefined ? {} : { structure }) });
  return each;
}

async function write(each: WriteRig, text: string): Promise<void> {
  const documents = [Document.fromPartial({ id: 'a', vector: floats(1, 2), text })];
  await ingest({ documents, conditions: [], writeId: '' }, each.settings, each.parts, deadlineOf());
}

/** Time enough for every attempt. */
async function moveOn({ clock }: WriteRig): Promise<void> {
  for (let i = 0; i < 50; i += 1) {
    await new Promise((resolve) => setTimeout(resolve, 1));
    await clock.advance(100);
  }
}

type Fields = Parameters<typeof SetAttributesRequest.fromPartial>[0];

function set(each: WriteRig, fields: Fields): Promise<AttributesSet> {
  const request = SetAttributesRequest.fromPartial({ id: 'a', ...fields });
  return setAttributes(request, each.settings, each.parts, deadlineOf());
}

const year = { year: { int64Value: 1990n } };

describe('setting attributes', () => {
  it('writes the same document with other attributes, on the condition that it is still there', async () => {
    const each = rig();
    await write(each, 'one');
    const { docId, sequence } = await set(each, { attributes: year, remove: ['kind'] });
    assert.deepEqual([docId, sequence], [2n * 4_096n, 2n]);
    const entry = each.log.entries[1]!;
    const headers = headersOf(entry);
    assert.ok(headers.operation === 'write');
    assert.deepEqual([headers.ids, [...headers.conditions]], [['a'], [4_096n]]);
    const [document] = documentsOf(entry);
    assert.equal(document?.attributes['year']?.int64Value, 1990n);
    assert.deepEqual(Object.keys(document!.attributes), ['year']);
    assert.deepEqual([document?.text, document?.weighted, document?.terms], ['words', true, 3]);
    assert.deepEqual([document?.further[0]?.passage, Object.keys(document!.further[0]!.attributes)], [1, ['year']]);
  });

  it('reads again where another write came first', async () => {
    const state = { rivals: 2 };
    const each = rig(async (self) => {
      state.rivals -= 1;
      if (state.rivals >= 0) await write(self, `rival ${state.rivals}`);
    });
    await write(each, 'one');
    const { docId } = await set(each, { attributes: year });
    assert.equal(decided(each.log).there.get('a')?.docId, docId);
    assert.equal(state.rivals, -1);
  });

  it('is ABORTED where it never comes first', async () => {
    const state = { number: 0 };
    const each = rig((self) => write(self, `rival ${(state.number += 1)}`));
    await write(each, 'one');
    const late = assert.rejects(set(each, { attributes: year }), { code: 'ABORTED', message: /was changed each time/ });
    await moveOn(each);
    await late;
  });

  it('is refused where passages of the document never arrived', async () => {
    const each = rig(undefined, { dim: 2, centroids: Float32Array.of(1, 0, 0, 1) });
    await write(each, 'one');
    const message = /lacks passages, since its write was broken off .* write the whole document again/;
    const refused = assert.rejects(set(each, { attributes: year }), { code: 'FAILED_PRECONDITION', message });
    await moveOn(each);
    await refused;
  });

  it('refuses other types also where the first read came to nothing', async () => {
    const state = { reads: 0 };
    const replacedAtFirst = (docId: bigint): bigint => {
      state.reads += 1;
      return state.reads === 1 ? 999n : docId;
    };
    const each = rig(undefined, undefined, replacedAtFirst);
    await write(each, 'one');
    const request = SetAttributesRequest.fromPartial({ id: 'a', attributes: { year: { stringValue: 'late' } } });
    const patient = Deadline.after(each.clock, 60_000);
    const refused = assert.rejects(setAttributes(request, each.settings, each.parts, patient), {
      code: 'INVALID_ARGUMENT',
    });
    await moveOn(each);
    await refused;
    assert.equal(each.log.entries.length, 1);
  });

  it('refuses unknown documents, other types, and what says nothing', async () => {
    const each = rig();
    await assert.rejects(set(each, { attributes: year }), {
      code: 'NOT_FOUND',
      message: "document 'a' does not exist in collection 'notes'",
    });
    await write(each, 'one');
    const refusal = (fields: Fields, message: RegExp): Promise<void> =>
      assert.rejects(set(each, fields), { code: 'INVALID_ARGUMENT', message });
    await refusal(
      { attributes: { year: { stringValue: 'x' } } },
      /'year' is string, but the collection has it as int64/,
    );
    await refusal({}, /nothing is to be set or removed/);
    await refusal({ attributes: { 'a b': { boolValue: true } } }, /attribute name 'a b' is not of the form/);
    await refusal({ remove: ['a b'] }, /attribute name 'a b'/);
    await refusal({ attributes: year, remove: ['year'] }, /'year' is to be set and to be removed/);
    assert.equal(each.log.entries.length, 1);
  });
});
