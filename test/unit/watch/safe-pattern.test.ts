import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compilePattern, PatternError } from '../../../src/watch/checks/safe-pattern.ts';

const matches = (pattern: string, text: string): boolean => compilePattern(pattern).test(text);

describe('compilePattern', () => {
  it.each([
    ['ok', 'all ok here', true],
    ['^ok$', 'all ok here', false],
    ['(?i)STATUS:\\s*(?:up|running)', 'status:   Running', true],
    ['"state"\\s*:\\s*"(green|yellow)"', '{"state": "green"}', true],
    ['{"ok":true}', '{"ok":true}', true],
    ['\\"ok\\"\\:\\ttrue', '"ok":\ttrue', true],
    ['[^a-z\\-]{3,}', 'ab-123', true],
    ['[^a-z\\-]{4,}', 'ab-123', false],
    ['\\bdown\\b', 'slowdown', false],
    ['\\bdown\\b', 'it is down.', true],
    ['(?m)^ready$', 'starting\nready\n', true],
    ['^ready$', 'starting\nready\n', false],
    ['a.c', 'a\nc', false],
    ['(?s)a.c', 'a\nc', true],
    ['\\p{Lu}é+', 'xÄéé', true],
    ['🎉{2}', '🎉🎉', true],
    ['', '', true],
    ['^$', '', true],
    ['(a*)*b', 'aaaa', false],
    ['(?<name>a|b)+c', 'abac', true],
    ['x{2,3}y', 'xxxy', true],
    ['^x{2,3}y', 'xxxxy', false],
  ])('%s on %j is %s', (pattern, text, expected) => {
    expect(matches(pattern, text)).toBe(expected);
  });

  it.each([
    ['(a)\\1', /references to groups/],
    ['(?=a)b', /looking ahead or behind/],
    ['(?<!a)b', /looking ahead or behind/],
    ['(ab', /a \( has no \)/],
    ['ab)', /a \) has no \(/],
    ['[ab', /a \[ has no \]/],
    ['*a', /nothing to repeat/],
    ['a**', /two quantifiers/],
    ['a{3,2}', /wrong way round/],
    ['\\', /ends in a/],
    ['\\e', /not understood/],
    ['(((a{100}){100}){100})', /too large/],
    ['a'.repeat(1001), /longer than/],
    ['('.repeat(60) + ')'.repeat(60), /too deeply/],
  ])('refuses %s with a reason', (pattern, reason) => {
    expect(() => compilePattern(pattern)).toThrow(PatternError);
    expect(() => compilePattern(pattern)).toThrow(reason);
  });

  it('ends soon where a backtracking engine would not', () => {
    const text = `${'a'.repeat(200_000)}!`;
    const startedAt = performance.now();
    expect(matches('^(a+)+$', text)).toBe(false);
    expect(matches('(x+x+)+y', 'x'.repeat(100_000))).toBe(false);
    expect(matches('(.*)*(.*)*(.*)*=', text)).toBe(false);
    expect(performance.now() - startedAt).toBeLessThan(2000);
  });

  it('gives up by counting, not by the clock, on what is too costly', () => {
    let seed = 1;
    const random = Array.from({ length: 50_000 }, () => {
      seed = (seed * 48_271) % 0x7fffffff;
      return seed % 2 === 0 ? 'a' : 'b';
    }).join('');
    expect(() => matches('(a|b)*a(a|b){300}c', random)).toThrow(/too costly/);
  });

  it('agrees with the native engine', () => {
    const leaf = fc.constantFrom(
      'a',
      'b',
      'c',
      '.',
      '[ab]',
      '[^a]',
      '\\w',
      '\\W',
      '\\d',
      '\\n',
      '^',
      '$',
      '\\b',
      '\\B',
    );
    const { pattern } = fc.letrec<{ pattern: string }>((tie) => ({
      pattern: fc.oneof(
        { depthSize: 'small', withCrossShrink: true },
        leaf,
        fc.tuple(tie('pattern'), tie('pattern')).map(([a, b]) => a + b),
        fc.tuple(tie('pattern'), tie('pattern')).map(([a, b]) => `(?:${a}|${b})`),
        fc
          .tuple(tie('pattern'), fc.constantFrom('*', '+', '?', '{2}', '{0,2}', '{1,}', '*?'))
          .map(([a, q]) => `(${a})${q}`),
      ),
    }));
    const flags = fc.constantFrom('', 'i', 's', 'm', 'im');
    const text = fc.string({ unit: fc.constantFrom('a', 'b', 'c', 'A', '1', '\n', ' ', '-'), maxLength: 8 });
    fc.assert(
      fc.property(pattern, flags, text, (source, flag, subject) => {
        const mine = compilePattern(flag === '' ? source : `(?${flag})${source}`);
        expect(mine.test(subject)).toBe(new RegExp(source, `u${flag}`).test(subject));
        expect(mine.test(subject)).toBe(new RegExp(source, `u${flag}`).test(subject));
      }),
      { numRuns: 3000 },
    );
  });
});
