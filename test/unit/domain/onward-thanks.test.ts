import { expect, test } from 'vitest';
import { onwardNetworks, onwardText, onwardUrl, providerOf } from '../../../src/domain/onward-thanks.ts';

const strange = `Été & Co. 100% “it’s (fine)” + more`;

test('the prepared post comes out as it went in, on every network', () => {
  const text = onwardText(strange, 'https://status.example.com/incidents/inc_1');
  expect(text).toBe(
    `#hugops to everyone on call at ${strange}. Thank you for getting it working again. https://status.example.com/incidents/inc_1`,
  );
  for (const network of onwardNetworks) {
    const url = new URL(onwardUrl(network, text));
    const carried = url.hash === '' ? url.search : url.hash;
    expect(decodeURIComponent(carried.slice(carried.indexOf('=') + 1))).toBe(text);
    // Nothing of the text ends the value early or is read as a space.
    expect(carried.slice(1)).toMatch(/^text=[\w.~%-]+$/);
  }
});

test('a name cannot address or tag anybody, nor push the text out', () => {
  const text = onwardText(`@alice #sale\n${'x'.repeat(500)}\ud800`, 'https://example.com');
  expect(text.match(/[@#]/g)).toEqual(['#']);
  expect(text.length).toBeLessThan(280);
  for (const network of onwardNetworks) expect(() => new URL(onwardUrl(network, text))).not.toThrow();
});

test('the provider of an upstream', () => {
  expect(['aws/us-east-1/dynamodb', 'cloudflare'].map(providerOf)).toEqual(['aws', 'cloudflare']);
});
