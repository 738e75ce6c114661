import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { signLink, verifyLink } from '../../../src/platform/signed-link.ts';

const secret = 'a-secret-of-this-installation';
const now = 1_800_000_000_000;

describe('a signed link', () => {
  test('gives back any payload until it expires', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 60 }), (payload) => {
        const token = signLink(secret, 'confirm', payload, now + 1000);
        expect(token).toMatch(/^[\w.-]+$/);
        expect(verifyLink(secret, 'confirm', token, now)).toEqual({ ok: true, payload });
      }),
    );
  });

  test('is void from its expiry on', () => {
    const token = signLink(secret, 'confirm', 'sub_1', now);
    expect(verifyLink(secret, 'confirm', token, now - 1).ok).toBe(true);
    expect(verifyLink(secret, 'confirm', token, now)).toEqual({ ok: false, reason: 'expired' });
  });

  test('serves one purpose and one installation', () => {
    const token = signLink(secret, 'confirm', 'sub_1', now + 1000);
    expect(verifyLink(secret, 'unsubscribe', token, now)).toEqual({ ok: false, reason: 'forged' });
    expect(verifyLink('another secret', 'confirm', token, now)).toEqual({ ok: false, reason: 'forged' });
  });

  test('does not survive a change in any character', () => {
    const token = signLink(secret, 'confirm', 'sub_1', now + 1000);
    for (let index = 0; index < token.length; index++) {
      const changed = token.slice(0, index) + (token[index] === 'a' ? 'b' : 'a') + token.slice(index + 1);
      expect(verifyLink(secret, 'confirm', changed, now).ok).toBe(false);
    }
  });

  test('an expired token with a wrong mac is forged, not expired', () => {
    const token = signLink('another secret', 'confirm', 'sub_1', now - 1000);
    expect(verifyLink(secret, 'confirm', token, now)).toEqual({ ok: false, reason: 'forged' });
  });

  test.each(['', '.', '..', 'a.b', 'a.b.c', 'é.1.x', 'x'.repeat(5000), `a.zzzzzzzzzzzz.${'A'.repeat(43)}`])(
    'rubbish is malformed: %j',
    (token) => {
      expect(verifyLink(secret, 'confirm', token, now)).toEqual({ ok: false, reason: 'malformed' });
    },
  );
});
