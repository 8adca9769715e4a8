import assert from 'node:assert/strict';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import { ShoalError } from '../../../../base/errors.js';
import { compileFilter } from '../../../../coordinator/filter/compile.js';
import { Filter } from '../../../../proto/generated/shoal/v1/filter.js';
import { assertRefused, attributes, compiled } from './fixtures.js';

const run = { seed: 11, numRuns: 1_500 };

/** Pieces that filters are made of, right and wrong ones. */
const piece = fc.constantFrom(
  ...[
    'year',
    'price',
    'lang',
    'sold',
    'at',
    'tags',
    'shop',
    '.city',
    'nothing',
    'package',
    'has',
    'timestamp',
    'size',
    'in',
  ],
  ...[
    '==',
    '!=',
    '<',
    '<=',
    '>',
    '>=',
    '&&',
    '||',
    '!',
    '=',
    '(',
    ')',
    '[',
    ']',
    '{',
    '}',
    ',',
    '.',
    '?',
    ':',
    '-',
    '+',
    ' ',
    '\n',
  ],
  ...[
    '1',
    '-1',
    '1.5',
    '1e400',
    '0x1F',
    '9223372036854775808',
    '1u',
    '"de"',
    "'x",
    '"\\ud800"',
    'b"x"',
    'true',
    'null',
    '//',
  ],
  ...[
    '.startsWith("a")',
    'timestamp("2024-01-01T00:00:00Z")',
    'timestamp("x")',
    'has(year)',
    'year == 1',
    '"a" in tags',
  ],
  ...['\ud800', '\u0000', 'ü', '🙂', '`', '\\', '$', '@', '#', ';'],
);

describe('a filter’s text', () => {
  it('becomes one condition for a chain of one operator, whichever way it leans', () => {
    const filters = ['year == 1', 'sold', 'has(lang)'].map(compiled);
    assert.deepEqual(compiled('year == 1 && sold && has(lang)'), Filter.fromPartial({ allOf: { filters } }));
    assert.deepEqual(compiled('year == 1 || (sold || has(lang))'), Filter.fromPartial({ anyOf: { filters } }));
  });

  it('binds ! before &&, and && before ||', () => {
    const [year, sold, lang] = ['year == 1', 'sold', 'has(lang)'].map(compiled);
    const all = { allOf: { filters: [Filter.fromPartial({ noneOf: sold }), lang!] } };
    assert.deepEqual(
      compiled('year == 1 || !sold && has(lang)'),
      Filter.fromPartial({ anyOf: { filters: [year!, all] } }),
    );
  });

  it('may have parentheses, comments and line ends', () => {
    assert.deepEqual(compiled('((\n(sold)) ) // said so'), compiled('sold'));
  });

  it('may be nested eight levels deep, and no deeper', () => {
    assert.ok(compiled(`${'!'.repeat(7)}sold`));
    assertRefused(`${'!'.repeat(8)}sold`, '1:9', 'deeper than 8');
  });

  it('may have a chain of any length', () => {
    const filter = compiled(Array.from({ length: 600 }, (_, at) => `year==${at}`).join('||'));
    assert.equal(filter.anyOf?.filters.length, 600);
  });

  it('is refused when it is empty or above 8 KiB', () => {
    const refused = { code: 'INVALID_ARGUMENT' };
    assert.throws(() => compiled(' \n'), { ...refused, message: /empty/ });
    assert.throws(() => compiled(`lang == "${'ü'.repeat(4096)}"`), { ...refused, message: /8192/ });
    assert.ok(compiled(`lang == "${'x'.repeat(8000)}"`));
  });

  it('is refused with line, column and a caret under the place', () => {
    assertRefused('sold &&\n  year = 1', '2:8', 'equality is ==', '    year = 1\n         ^');
    assertRefused('lang == "🙂" && yeer == 1', '1:16', '  lang == "🙂" && yeer == 1\n                 ^');
  });

  it('is refused with the words of CEL for those of other languages', () => {
    assertRefused('sold AND year == 1', '1:6', "'AND'", 'write &&');
    assertRefused('sold or year == 1', '1:6', 'write ||');
    assertRefused('not sold', '1:5');
    assertRefused('lang like "d%"', '1:6', 'startsWith');
    assertRefused('lang <> "de"', '1:7', '!=');
  });

  it('is refused at the very character that does not belong there', () => {
    assertRefused('year == 1)', '1:10', "')' is not expected here");
    assertRefused('year == 1;drop', '1:10', "';' is not expected here");
    assertRefused('sold && ]', '1:9', "']' is not expected here");
    assertRefused('year == .5', '1:9', "'.' is not expected here");
  });

  it('is refused without the parser’s own words', () => {
    assertRefused(
      `${'('.repeat(100)}sold${')'.repeat(100)}`,
      '1:65',
      'it is longer or deeper than any filter; split it',
    );
    assertRefused(`year == 1e999`, '1:9', 'this number is beyond those of a double');
  });

  it('is refused where it ends too soon or a quote stays open', () => {
    assertRefused('year == ', '1:9', 'it ends where more is expected');
    assertRefused('year == 1 &&', '1:13', 'it ends');
    assertRefused('lang == "de', '1:9', 'unterminated');
    assertRefused('package == 1', '1:1', 'reserved word');
  });

  it('shows a part of a long line only, and no control characters', () => {
    const long = 'lang == "x" && '.repeat(40);
    assertRefused(`${long}yeer == 1 && ${long}sold`, '1:601', '  …', '…\n');
    assert.throws(
      () => compiled('sold && \u0007 year == "\u001b[2J"'),

      (thrown: Error) => !/[\u0000-\u0009\u000b-\u001f]/.test(thrown.message),
    );
  });

  it('is a filter or refused with INVALID_ARGUMENT, whatever it is', () => {
    const text = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 40 }),
      fc.array(piece, { maxLength: 24 }).map((all) => all.join('')),
    );
    fc.assert(
      fc.property(text, (filter) => {
        try {
          const message = compileFilter(filter, attributes);
          assert.deepEqual(Filter.decode(Filter.encode(message).finish()), message);
        } catch (thrown) {
          assert.ok(thrown instanceof ShoalError, String(thrown));
          assert.equal(thrown.code, 'INVALID_ARGUMENT');
        }
      }),
      run,
    );
  });

  it('is refused, not followed, when it is nested without end', () => {
    for (const text of ['('.repeat(4000), `${'('.repeat(4000)}sold${')'.repeat(4000)}`, `${'!'.repeat(8000)}sold`]) {
      assert.throws(() => compiled(text), { code: 'INVALID_ARGUMENT' });
    }
    for (const text of [
      '['.repeat(8000),
      `sold${'.x'.repeat(4000)}`,
      `year == ${'-'.repeat(8000)}`,
      'f('.repeat(4000),
    ]) {
      assert.throws(() => compiled(text), { code: 'INVALID_ARGUMENT' });
    }
  });
});
