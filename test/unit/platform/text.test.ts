import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cutBytes, cutMark, cutText } from '../../../src/platform/cut-text.ts';
import { oneLine } from '../../../src/platform/one-line.ts';

const anyText = fc.string({ unit: 'binary', maxLength: 60 });

describe('cutText and cutBytes', () => {
  it('keep the limit, whole code points, and the beginning', () => {
    fc.assert(
      fc.property(anyText, fc.integer({ min: 3, max: 70 }), (text, max) => {
        const byUnits = cutText(text, max);
        const byBytes = cutBytes(text, max);
        expect(byUnits.length).toBeLessThanOrEqual(max);
        expect(Buffer.byteLength(byBytes)).toBeLessThanOrEqual(max);
        for (const cut of [byUnits, byBytes]) {
          expect(cut.isWellFormed()).toBe(true);
          const whole = text.toWellFormed();
          if (cut !== whole) {
            expect(cut.endsWith(cutMark)).toBe(true);
            expect(whole.startsWith(cut.slice(0, -1))).toBe(true);
          }
        }
      }),
    );
  });

  it('leave alone what fits exactly, and never halve a pair', () => {
    expect(cutText('abc', 3)).toBe('abc');
    expect(cutText('abcd', 3)).toBe('ab…');
    expect(cutText('a🔥🔥', 4)).toBe('a🔥…');
    expect(cutText('a🔥🔥', 3)).toBe('a…');
    expect(cutBytes('äö', 4)).toBe('äö');
    expect(cutBytes('äöü', 5)).toBe('ä…');
    expect(cutBytes('🔥🔥', 7)).toBe('🔥…');
  });
});

describe('oneLine', () => {
  it('leaves no way out of the line', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        expect(oneLine(text)).not.toMatch(/[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069\p{Cs}]/u);
        expect(oneLine(oneLine(text))).toBe(oneLine(text));
      }),
    );
    expect(oneLine(' a\r\n\tb \u2028 c\u202e ')).toBe('a b c');
    expect(oneLine('שלום 🔥')).toBe('שלום 🔥');
  });
});
