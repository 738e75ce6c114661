import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compileFinder } from '../../../src/watch/checks/safe-pattern-find.ts';
import { PatternError } from '../../../src/watch/checks/safe-pattern.ts';

describe('compileFinder', () => {
  it.each([
    ['"token":"([^"]+)"', '{"a":1,"token":"x-9","token":"y"}', 'x-9'],
    ['<input name="csrf" value="(.+?)"', '<input name="csrf" value="abc" x="d">', 'abc'],
    ['v=(.+)"', 'v=a" b"', 'a" b'],
    ['\\d+', 'order 123 of 456', '123'],
    ['(?:a|ab)(c|bcd)?', 'abcd', 'bcd'],
    ['(?<id>[0-9]{2,3}?)', '12345', '12'],
    ['^b(.)', 'abc', undefined],
    ['(?m)^b(.)', 'a\nbc', 'c'],
    ['x(y)?', 'x', undefined],
    ['(?i)TOKEN=(\\w+)', 'my Token=Ab1;', 'Ab1'],
    ['é(.)', 'caé😀x', '😀'],
    ['', 'abc', ''],
  ])('%s in %j', (pattern, text, found) => {
    expect(compileFinder(pattern)(text)).toBe(found);
  });

  it('finds what JavaScript finds', () => {
    // JavaScript refuses a turn of a loop that takes nothing, and then tries otherwise; such loops are left out.
    const isEmpty = (pattern: string): boolean => new RegExp(`^(?:${pattern})$`, 'u').test('');
    const atom = fc.constantFrom('a', 'b', 'c', '.', '[ab]', '[^a]');
    const pattern = fc.letrec<{ part: string; whole: string }>((tie) => ({
      part: fc.oneof(
        { maxDepth: 3 },
        atom,
        fc
          .tuple(tie('whole'), fc.constantFrom('', '*', '+', '?', '*?', '+?', '??', '{1,2}', '{0,2}?'))
          .map(([inside, times]) => (isEmpty(inside) ? `(?:${inside})` : `(?:${inside})${times}`)),
      ),
      whole: fc.oneof(
        { maxDepth: 3 },
        tie('part'),
        fc.tuple(tie('part'), tie('part')).map((parts) => parts.join('')),
        fc.tuple(tie('part'), tie('part')).map((parts) => parts.join('|')),
      ),
    })).whole;
    fc.assert(
      fc.property(pattern, pattern, fc.stringMatching(/^[abcx]{0,12}$/), (outside, inside, text) => {
        const source = `(?:${outside})(${inside})`;
        const native = new RegExp(source, 'u').exec(text);
        expect(compileFinder(source)(text)).toBe(native?.[1]);
        expect(compileFinder(source.replace('(' + inside, '(?:' + inside))(text)).toBe(native?.[0]);
      }),
      { numRuns: 2000, seed: 7 },
    );
  });

  it('takes time that is linear in the text, and bounded for any pattern', () => {
    const text = `${'a'.repeat(100_000)}!`;
    const startedAt = performance.now();
    expect(compileFinder('([^!]+)!')(text)).toHaveLength(100_000);
    expect(() => compileFinder('(a?){200}(a){200}$')(text)).toThrow(PatternError);
    expect(performance.now() - startedAt).toBeLessThan(3000);
    expect(() => compileFinder('(a')).toThrow(PatternError);
  });
});
