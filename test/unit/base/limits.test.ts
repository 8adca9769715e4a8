/** Limits hold among each other, so that what one part lets through the next can take. */
import assert from 'node:assert/strict';
import { limits } from '../../../base/limits.js';

describe('the limits', () => {
  it('are positive whole numbers', () => {
    for (const [name, value] of Object.entries(limits)) assert.ok(Number.isInteger(value) && value > 0, name);
  });

  it('leave room in a record for the longest text', () => assert.ok(limits.textBytesMax < limits.messageBytesMax));

  it('leave room in a message for a grouped record with its headers', () => {
    assert.ok(limits.recordBodyBytesGrouped + limits.recordHeaderBytesMax < 1024 * 1024);
  });

  it('fit the position of a document into 12 bits of its docId', () =>
    assert.ok(limits.documentsPerRecordMax <= 2 ** 12));
});
