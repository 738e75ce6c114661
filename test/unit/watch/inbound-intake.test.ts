import { describe, expect, test } from 'vitest';
import { systemRandom } from '../../../src/platform/random.ts';
import { cleanEvidence, webAddress } from '../../../src/watch/inbound/clean-evidence.ts';
import { hashKey, keyHint, newIntegrationKey } from '../../../src/watch/inbound/integration-key.ts';
import { parseJson } from '../../../src/watch/inbound/json-body.ts';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const reason = (body: Uint8Array): string | undefined => {
  const result = parseJson(body);
  return 'refused' in result ? result.refused.message : undefined;
};

describe('reading a body', () => {
  test.each(['{"a":1}', '\ufeff{"a":1}', '[]', '"[[[["', String.raw`{"a":"\"[{"}`, 'null'])('takes %j', (text) => {
    expect(reason(bytes(text))).toBeUndefined();
  });

  test.each(['', '{', '{"a":1', "{'a':1}", '{"a":1}x', 'NaN', '{"a":"\u0001"}'])('refuses %j', (text) => {
    expect(reason(bytes(text))).toBe('The body is not valid JSON.');
  });

  test('refuses what is not UTF-8', () => {
    expect(reason(Uint8Array.from([0x22, 0xc3, 0x28, 0x22]))).toBe('The body is not valid UTF-8.');
    expect(reason(Uint8Array.from([0x22, 0xed, 0xa0, 0x80, 0x22]))).toBe('The body is not valid UTF-8.');
  });

  test('takes 64 levels and no more', () => {
    expect(reason(bytes('['.repeat(64) + ']'.repeat(64)))).toBeUndefined();
    const deep = 'The JSON is nested more than 64 levels deep.';
    expect(reason(bytes('['.repeat(65) + ']'.repeat(65)))).toBe(deep);
    expect(reason(bytes('{"a":'.repeat(100_000)))).toBe(deep);
  });
});

describe('evidence', () => {
  test('keeps what fits as it is', () => {
    const evidence = { a: [1, 'two', null, { b: false }], c: 1.5 };
    expect(cleanEvidence(evidence)).toEqual(evidence);
  });

  test('is bounded in text, in values and in depth, and says so', () => {
    const many = cleanEvidence({ list: Array.from({ length: 100_000 }, (_, i) => i) });
    expect(JSON.stringify(many).length).toBeLessThan(6_000);
    expect(many['truncated']).toBe(true);
    const long = cleanEvidence({ a: 'x'.repeat(10_000), b: 'kept' });
    expect(long).toMatchObject({ b: 'kept', truncated: true });
    expect(String(long['a'])).toHaveLength(8_192);
    let deep: unknown = 'bottom';
    for (let i = 0; i < 60; i++) deep = { deep };
    expect(cleanEvidence({ deep })).toMatchObject({ truncated: true });
    const keys = cleanEvidence(
      Object.fromEntries(Array.from({ length: 5_000 }, (_, i) => [`key-${i}-${'k'.repeat(50)}`, i])),
    );
    expect(JSON.stringify(keys).length).toBeLessThan(80_000);
  });

  test('leaves out what has no value', () => {
    expect(cleanEvidence({ a: undefined, b: 1 })).toEqual({ b: 1 });
  });

  test('holds no address that runs a script', () => {
    expect(webAddress('https://example.com/a?b')).toBe('https://example.com/a?b');
    for (const bad of [
      'javascript:alert(1)',
      'data:text/html,x',
      'https://',
      '//example.com',
      ' http://x',
      undefined,
    ]) {
      expect(webAddress(bad)).toBeUndefined();
    }
  });
});

describe('keys', () => {
  test('are what PagerDuty’s senders take for a routing key', () => {
    const keys = Array.from({ length: 100 }, () => newIntegrationKey(systemRandom));
    for (const key of keys) expect(key).toMatch(/^[a-z0-9]{32}$/);
    expect(new Set(keys).size).toBe(100);
  });

  test('are stored as their SHA-256, and shown by their end', () => {
    expect(hashKey('abc')).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
    expect(keyHint('0123456789abcdef')).toBe('…cdef');
  });
});
