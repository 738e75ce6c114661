import { createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { isFromTwilio, readTwilioReport } from '../../../src/respond/channels/twilio-callback.ts';
import { callTwiml, type KeypadOutcome, keypadTwiml } from '../../../src/respond/channels/twiml.ts';
import { readTwiml } from '../../harness/channel-servers/twilio.ts';

// The example of https://www.twilio.com/docs/usage/security#validating-requests: URL, fields, token and signature are Twilio's.
const url = 'https://mycompany.com/myapp.php?foo=1&bar=2';
const fields = {
  CallSid: 'CA1234567890ABCDE',
  Caller: '+12349013030',
  Digits: '1234',
  From: '+12349013030',
  To: '+18005551212',
};
const form = (over: Record<string, string> = {}) => new URLSearchParams({ ...fields, ...over });
const token = '12345';
const signature = '0/KCTR6DLpKmkAf8muzZqo1nDgQ=';

describe('a Twilio signature', () => {
  it('is valid for Twilio’s own example, in whatever order the fields came', () => {
    expect(isFromTwilio(token, url, form(), signature)).toBe(true);
    expect(isFromTwilio(token, url, new URLSearchParams(Object.entries(fields).toReversed()), signature)).toBe(true);
    // The older text of the same page has another caller.
    const older = form({ Caller: '+14158675309', From: '+14158675309' });
    expect(isFromTwilio(token, url, older, 'RSOYDt4T1cUTdK1PDd93/VVr8B8=')).toBe(true);
  });

  it('is void for anything that was changed, added or taken away', () => {
    const fewer = form();
    fewer.delete('Digits');
    for (const changed of [form({ Digits: '1' }), form({ Extra: '' }), fewer, new URLSearchParams()]) {
      expect(isFromTwilio(token, url, changed, signature)).toBe(false);
    }
    for (const elsewhere of [
      `${url}&x=1`,
      url.replace('https', 'http'),
      url.replace('mycompany', 'evil'),
      'not a url',
      '',
    ]) {
      expect(isFromTwilio(token, elsewhere, form(), signature)).toBe(false);
    }
    for (const forged of [
      '',
      'x',
      signature.toLowerCase(),
      `${signature.slice(0, 26)}R=`,
      `${signature.slice(0, 25)}hQ=`,
      'A'.repeat(28),
    ]) {
      expect(isFromTwilio(token, url, form(), forged)).toBe(false);
    }
    expect(isFromTwilio('12346', url, form(), signature)).toBe(false);
  });

  it('counts with and without the standard port, and with a field that comes twice', () => {
    const sign = (text: string) => createHmac('sha1', token).update(text).digest('base64');
    const here = 'https://status.example.com/cb?x=1';
    const there = 'https://status.example.com:443/cb?x=1';
    const one = new URLSearchParams({ a: '1' });
    expect(isFromTwilio(token, here, one, sign(`${there}a1`))).toBe(true);
    expect(isFromTwilio(token, there, one, sign(`${here}a1`))).toBe(true);
    expect(isFromTwilio(token, here, one, sign(`https://status.example.com:8443/cb?x=1a1`))).toBe(false);
    expect(
      isFromTwilio(token, 'https://status.example.com:8443/cb', one, sign('https://status.example.com:8443/cba1')),
    ).toBe(true);
    const twice = new URLSearchParams('m=b&m=a&m=b');
    expect(isFromTwilio(token, here, twice, sign(`${here}mamb`))).toBe(true);
  });
});

const call = `CA${'0'.repeat(32)}`;
const text = `SM${'0'.repeat(32)}`;

describe('a Twilio callback', () => {
  it.each([
    [
      { CallSid: call, Digits: '1', CallStatus: 'in-progress' },
      { kind: 'acknowledge', sid: call },
    ],
    [
      { CallSid: call, Digits: '7', CallStatus: 'in-progress' },
      { kind: 'other-key', sid: call },
    ],
    [
      { CallSid: call, Digits: '', CallStatus: 'in-progress' },
      { kind: 'other-key', sid: call },
    ],
    [
      { CallSid: call, AnsweredBy: 'human' },
      { kind: 'reached', sid: call },
    ],
    [
      { CallSid: call, AnsweredBy: 'unknown' },
      { kind: 'nothing-new', sid: call },
    ],
    [
      { CallSid: call, AnsweredBy: 'machine_start' },
      { kind: 'not-reached', sid: call, reason: 'a mailbox answered' },
    ],
    [
      { CallSid: call, AnsweredBy: 'fax' },
      { kind: 'not-reached', sid: call, reason: 'a fax answered' },
    ],
    [
      { CallSid: call, CallStatus: 'no-answer' },
      { kind: 'not-reached', sid: call, reason: 'nobody answered' },
    ],
    [
      { CallSid: call, CallStatus: 'busy' },
      { kind: 'not-reached', sid: call, reason: 'the line was busy' },
    ],
    // A call that ended says nothing about who listened.
    [
      { CallSid: call, CallStatus: 'completed' },
      { kind: 'nothing-new', sid: call },
    ],
    [
      { MessageSid: text, MessageStatus: 'sent' },
      { kind: 'nothing-new', sid: text },
    ],
    [
      { MessageSid: text, MessageStatus: 'delivered' },
      { kind: 'reached', sid: text },
    ],
    [
      { MessageSid: text, MessageStatus: 'undelivered', ErrorCode: '30003' },
      { kind: 'not-reached', sid: text, reason: 'it could not be delivered (error 30003)' },
    ],
    [
      { CallSid: call, CallStatus: 'constructor' },
      { kind: 'nothing-new', sid: call },
    ],
    [{ CallSid: 'CA1', Digits: '1' }, undefined],
    [{}, undefined],
  ])('%j', (given, expected) => {
    expect(readTwilioReport(new URLSearchParams(given as Record<string, string>))).toEqual(expected);
  });
});

describe('TwiML', () => {
  it('stays well formed whatever is said', () => {
    const words = ['</Say><Hangup/>', '& < > " \' \u0000\u001b \ud800', 'Ends in a question?'];
    const keypad = 'https://status.example.com/cb?a=1&b="2"';
    const script = readTwiml(callTwiml(words, keypad));
    expect(script.said).toContain('</Say><Hangup/>.');
    expect(script.said).toContain('Ends in a question?');
    expect(script.hangsUp).toBe(false);
    expect(script.gather?.action).toBe(keypad);
    // Twice the page, and after each the question; then the word for nobody.
    expect(script.said.filter((said) => said === 'Press 1 to acknowledge.')).toHaveLength(2);
    expect(readTwiml(callTwiml(words)).gather).toBe(undefined);
  });

  it('answers every outcome, and asks again only after a wrong key', () => {
    for (const outcome of ['acknowledged', 'taken', 'resolved', 'expired'] satisfies KeypadOutcome[]) {
      const script = readTwiml(keypadTwiml(outcome, 'https://status.example.com/cb'));
      expect(script).toMatchObject({ gather: undefined, hangsUp: true });
      expect(script.said).toHaveLength(1);
    }
    expect(readTwiml(keypadTwiml('other-key', 'https://status.example.com/cb')).gather?.numDigits).toBe(1);
    expect(readTwiml(keypadTwiml('other-key')).gather).toBe(undefined);
  });
});
