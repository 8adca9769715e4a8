import assert from 'node:assert/strict';
import { attributeTypeNames, isAttributeTypeName } from '../../../../client/sdk/attribute-type.js';

describe('attribute types', () => {
  it('are known by their own spelling only', () => {
    assert.ok(attributeTypeNames.every(isAttributeTypeName));
    assert.equal(isAttributeTypeName('int32'), false);
    assert.equal(isAttributeTypeName('toString'), false);
  });
});
