import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { compileFilter } from '../../../../coordinator/filter/compile.js';
import type { attributeTypes } from '../../../../proto/attributes.js';
import { Filter, FilterComparator as Comparator } from '../../../../proto/generated/shoal/v1/filter.js';
import { assertRefused, attributes, compiled } from './fixtures.js';

function comparison(attribute: keyof typeof attributes, comparator: Comparator, ...values: object[]): Filter {
  return Filter.fromPartial({ comparison: { attribute, type: attributes[attribute], comparator, values } });
}

describe('a condition of a filter', () => {
  it('compares an attribute with a literal by six operators', () => {
    const operators = ['==', '!=', '<', '<=', '>', '>='];
    for (const [at, operator] of operators.entries()) {
      assert.deepEqual(compiled(`year ${operator} 2000`), comparison('year', at + 1, { int64Value: 2000n }));
    }
  });

  it('is turned around where the literal comes first', () => {
    for (const [left, right] of [
      ['2000 < year', 'year > 2000'],
      ['2000 >= year', 'year <= 2000'],
      ['1 == year', 'year == 1'],
    ]) {
      assert.deepEqual(compiled(left!), compiled(right!));
    }
  });

  it('asks for one of several values by in, for none of them too', () => {
    const values = [{ stringValue: 'de' }, { stringValue: 'en' }];
    assert.deepEqual(compiled('lang in ["de", "en"]'), comparison('lang', Comparator.FILTER_COMPARATOR_IN, ...values));
    assert.deepEqual(compiled('lang in []'), comparison('lang', Comparator.FILTER_COMPARATOR_IN));
  });

  it('asks whether a list holds a value by in', () => {
    const expected = comparison('tags', Comparator.FILTER_COMPARATOR_CONTAINS, { stringValue: 'new' });
    assert.deepEqual(compiled('"new" in tags'), expected);
    assert.equal(compiled('1 in prices').comparison?.values[0]?.doubleValue, 1);
  });

  it('asks how a string begins', () => {
    const expected = comparison('shop.city', Comparator.FILTER_COMPARATOR_STARTS_WITH, { stringValue: 'Mün' });
    assert.deepEqual(compiled('shop.city.startsWith("Mün")'), expected);
  });

  it('asks whether there is an attribute at all, whose name may have dots', () => {
    assert.deepEqual(compiled('has(shop.city)'), Filter.fromPartial({ has: 'shop.city' }));
    assert.deepEqual(compiled('has(constructor)'), Filter.fromPartial({ has: 'constructor' }));
  });

  it('is a bool attribute by itself, or a constant', () => {
    assert.deepEqual(compiled('sold'), compiled('sold == true'));
    assert.deepEqual(compiled('false'), Filter.fromPartial({ constant: false }));
  });

  it('is refused for an unknown attribute, naming those that there are', () => {
    assertRefused('sold && yeer > 1', '1:9', "'yeer' is unknown", 'has year (int64)');
    assertRefused('has(toString)', '1:5', "'toString' is unknown");
    assertRefused('shop == "x"', '1:1', "'shop' is unknown");
  });

  it('is refused where a list is taken for a value, or a value for a list', () => {
    assertRefused('tags == ["a"]', '1:1', 'is a list', '… in tags');
    assertRefused('"a" in lang', '1:8', 'no list', 'lang == …');
    assertRefused('numbers in [1]', '1:1', 'is a list');
    assertRefused('tags.startsWith("a")', '1:1', 'string[]');
    assertRefused('tags', '1:1', 'no condition by itself');
    assertRefused('lang', '1:1', 'is string and no condition');
  });

  it('is refused where attributes, or literals, are compared with each other', () => {
    assertRefused('lang == shop.city', '1:9', 'shop.city is none');
    assertRefused('1 == 1', '1:1', 'two literals');
    assertRefused('lang in tags', '1:1', 'in takes');
    assertRefused('"a" in ["a"]', '1:1', 'in takes');
    assertRefused('year == 1 == true', '1:1', 'has to be the name of an attribute');
  });

  it('is refused when it is something of CEL that filters do not have', () => {
    assertRefused('size(lang) > 1', '1:1', 'function size', 'has(a)');
    assertRefused('lang.contains("e")', '1:1', 'function contains');
    assertRefused('tags.exists(tag, tag == "x")', '1:1', 'function exists');
    assertRefused('year + 1 == 2', '1:1', 'arithmetic');
    assertRefused('published-at > 1', '1:1', 'a - in its name');
    assertRefused('sold ? true : false', '1:1', '? … : …');
    assertRefused('tags[0] == "a"', '1:1', '[ ]');
    assertRefused('year in {1: 2}', '1:1', 'in takes');
    assertRefused('lang == null', '1:9', '!has(attribute)');
    assertRefused('matches(lang, "a")', '1:1', 'function matches');
    assertRefused('1', '1:1', 'no condition');
    assertRefused('timestamp("2024-01-01T00:00:00Z")', '1:1', 'no condition');
  });

  it('is refused when a known function is called in another way', () => {
    assertRefused('has(1)', '1:5', 'name of one attribute');
    assertRefused('has(year, lang)', '1:5', 'one attribute');
    assertRefused('has()', '1:1', 'one attribute');
    assertRefused('lang.startsWith()', '1:1', 'one string');
    assertRefused('startsWith(lang, "d")', '1:1', 'startsWith');
    assertRefused('lang.startsWith(1)', '1:17', 'int64');
    assertRefused('year.startsWith("1")', '1:1', 'is int64');
  });

  it('is refused for an attribute of a type that is not known here', () => {
    const unknown = { future: 99 as unknown as typeof attributeTypes.bool };
    assert.throws(() => compileFilter('has(future)', unknown), { code: 'INVALID_ARGUMENT', message: /newer/ });
  });
});
