import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { typeOfAttribute, unknownAttribute } from '../../../../coordinator/filter/attribute-names.js';
import { attributeTypes } from '../../../../proto/attributes.js';

describe('the attributes that a filter can name', () => {
  it('are those of the collection, not what every object has', () => {
    assert.equal(typeOfAttribute({ year: attributeTypes.int64 }, 'year'), attributeTypes.int64);
    assert.equal(typeOfAttribute({}, 'constructor'), null);
  });

  it('are listed with their types, those most like the wrong name first', () => {
    const known = { city: attributeTypes.string, Year: attributeTypes.int64, tags: attributeTypes['string[]'] };
    const said = unknownAttribute(known, 'yeer');
    assert.match(said, /the collection has Year \(int64\), /);
    assert.match(said, /tags \(string\[\]\)/);
  });

  it('are listed up to ten', () => {
    const known = Object.fromEntries(Array.from({ length: 25 }, (_, at) => [`a${at}`, attributeTypes.bool]));
    assert.match(unknownAttribute(known, 'b'), /and 15 more \(an empty list alone makes none known\)$/);
  });

  it('are none in a collection whose documents have none', () => {
    assert.match(unknownAttribute({}, 'year'), /no document of the collection has attributes/);
  });
});
