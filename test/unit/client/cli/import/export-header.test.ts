import assert from 'node:assert/strict';
import { headerFromJson, headerToJson, typesToJson } from '../../../../../client/cli/import/export-header.js';
import { withClient } from '../../with-client.js';

describe('the header of an export', () => {
  it('says what a copy of the collection needs', () =>
    withClient(async (client) => {
      const options = {
        model: 'none',
        dim: 4,
        tokenPooling: 4,
        attributes: { until: 'timestamp' },
        expiresBy: 'until',
      } as const;
      const json = headerToJson(await client.collections.create('news', options));
      const header = headerFromJson(JSON.parse(JSON.stringify(json)) as Record<string, unknown>);
      assert.deepEqual(header?.attributes, { until: 'timestamp' });
      assert.deepEqual(header.options, {
        model: 'none',
        dim: 4,
        expiresBy: 'until',
        keepVectors: true,
        targetRecall: 0,
        copies: 1,
        tokenPooling: 4,
        autoTrain: true,
      });
    }));

  it('gives no dimensions where the model decides them', () =>
    withClient(async (client) => {
      const json = headerToJson(await client.collections.create('notes'));
      assert.equal(headerFromJson(json)?.options.dim, undefined);
    }));

  it('is told from a document', () => {
    for (const json of [{}, { shoal: 1 }, { shoal: {}, _id: '1' }, { _id: '1', text: 'x' }])
      assert.equal(headerFromJson(json), null);
    assert.deepEqual(headerFromJson(typesToJson({ n: 'int64' })), { attributes: { n: 'int64' }, options: {} });
  });

  it('is refused where it is newer or makes no sense', () => {
    assert.throws(() => headerFromJson({ shoal: { format: 2 } }), { code: 'FAILED_PRECONDITION', message: /format 2/ });
    for (const shoal of [{}, { format: 1, attributes: [] }, { format: 1, attributes: { n: 'int32' } }])
      assert.throws(() => headerFromJson({ shoal }), { code: 'INVALID_ARGUMENT', message: /header of an export, but/ });
  });
});
