import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hidden, scrubSecrets } from '../../../src/platform/scrub-secrets.ts';

describe('scrubSecrets', () => {
  it('hides a secret in every form in which it travels', () => {
    const secret = 'xoxb-1/2+3 "quoted" ü%';
    const scrub = scrubSecrets([secret]);
    const forms = [
      secret,
      encodeURIComponent(secret),
      JSON.stringify(secret),
      Buffer.from(secret).toString('base64'),
      Buffer.from(secret).toString('base64url'),
    ];
    for (const form of forms) expect(scrub(`before ${form} after`)).toMatch(/^before "?\[hidden\]=*"? after$/);
    expect(scrub('nothing here')).toBe('nothing here');
  });

  it('hides parts of it, too: a provider may show a token cut short', () => {
    const scrub = scrubSecrets(['tk_7eevizlsiwf9yi4uxsrs83r4352o0']);
    expect(scrub('invalid token tk_7eevizl…')).toBe(`invalid token ${hidden}…`);
    expect(scrub('ends with r4352o0, twice: 83r4352o0 and 83r4352o0')).toBe(
      `ends with r4352o0, twice: ${hidden} and ${hidden}`,
    );
  });

  it('of a URL, leaves the host and hides the rest', () => {
    const scrub = scrubSecrets([
      'https://bob:hunter2hunter2@hooks.example.com/services/T01ABCDEF/kQ93hfnA2l?key=a1b2c3d4e5',
    ]);
    expect(scrub('hooks.example.com refused /services/T01ABCDEF/kQ93hfnA2l')).toBe(
      `hooks.example.com refused ${hidden}`,
    );
    expect(scrub('kQ93hfnA2l, a1b2c3d4e5, hunter2hunter2, bob')).toBe([hidden, hidden, hidden, hidden].join(', '));
  });

  it('a short secret is hidden where it stands alone', () => {
    expect(scrubSecrets(['abc'])('abc, abcd, (abc)')).toBe(`${hidden}, abcd, (${hidden})`);
    expect(scrubSecrets(['', 'a.c'])('abc a.c')).toBe(`abc ${hidden}`);
  });

  it('never leaves 8 characters of a secret in a row, wherever it stands', () => {
    const secret = fc.string({ minLength: 8, maxLength: 40 }).filter((text) => !/^[a-z][a-z0-9+.-]*:\/\//i.test(text));
    fc.assert(
      fc.property(secret, fc.string(), fc.string(), fc.nat(), (secretText, before, after, from) => {
        const part = secretText.slice(from % (secretText.length - 7));
        const clean = scrubSecrets([secretText])(before + part + after);
        for (let i = 0; i + 8 <= secretText.length; i++) expect(clean.includes(secretText.slice(i, i + 8))).toBe(false);
      }),
    );
  });
});
