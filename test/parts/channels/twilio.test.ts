import { describe, expect, it } from 'vitest';
import { twilioSms } from '../../../src/respond/channels/twilio-sms.ts';
import { twilioVoice } from '../../../src/respond/channels/twilio-voice.ts';
import { json } from '../../harness/channel-servers/http-stub.ts';
import { startTwilioServer, type TwilioCall } from '../../harness/channel-servers/twilio.ts';
import { describeChannelContract, incidentPage } from './contract.ts';
import { linksIn, openWorld, withProvider } from './world.ts';

const account = { sid: 'ACb7d1f0e2c3a4958677869504a3b2c1d0', token: '9pQrStUvWxYz7g5h2k9m4naBcDeFgHiJ' };
const basic = Buffer.from(`${account.sid}:${account.token}`).toString('base64');
const callbackUrl = 'https://status.example.com/api/v1/callbacks/twilio/Zq7TtV0aYw3LkPn5RsXd';
const start = () => startTwilioServer(account);

const configFor = (kind: string) => (url: string) => ({
  kind,
  accountSid: account.sid,
  authToken: account.token,
  from: '+15005550006',
  to: '+4915112345678',
  apiUrl: url,
});
const sms = configFor('twilio-sms');
const voice = configFor('twilio-voice');

const failures = {
  // Twilio documents no Retry-After for 20429.
  rateLimit: json(429, { code: 20_429, message: 'Too Many Requests', status: 429 }),
  serverError: json(503, { code: 20_503, message: 'Service unavailable', status: 503 }),
  secrets: [account.token, basic],
};

describeChannelContract(
  {
    name: 'twilio-sms',
    channel: twilioSms,
    hasKey: false,
    rateLimitWaitMs: undefined,
    invalidConfig: { ...sms('https://api.twilio.com'), to: '0151 1234567' },
    // A text message has no markup.
    expectHarmless: ({ text }) => expect(text).toContain('<!channel>'),
  },
  async () => {
    const stub = await start();
    return openWorld({
      stub,
      configFor: sms,
      wrongConfig: { ...sms(stub.url), authToken: `${account.token}x` },
      deliveries: () =>
        stub.messages.map(({ Body }) => ({
          key: undefined,
          title: Body.split('\n', 1)[0] ?? '',
          text: Body,
          links: linksIn(Body),
        })),
      ...failures,
    });
  },
);

const heard = ({ script }: TwilioCall): string => script.said.join('\n');

describeChannelContract(
  {
    name: 'twilio-voice',
    channel: twilioVoice,
    hasKey: false,
    isSpoken: true,
    rateLimitWaitMs: undefined,
    invalidConfig: { ...voice('https://api.twilio.com'), from: 'HugOps' },
    // The server reads TwiML strictly, so markup that is not ours would have been refused.
    expectHarmless: ({ text }) => expect(text).toContain('<script>alert(1)</script>'),
  },
  async () => {
    const stub = await start();
    return openWorld({
      stub,
      configFor: voice,
      wrongConfig: { ...voice(stub.url), authToken: `${account.token}x` },
      deliveries: () =>
        stub.calls.map((call) => ({
          key: undefined,
          title: call.script.said[0] ?? '',
          text: heard(call),
          links: linksIn(heard(call)),
        })),
      ...failures,
    });
  },
);

describe('twilio', () => {
  it('shows an error’s number, never a telephone number', () =>
    withProvider(start(), async (server, io) => {
      const config = { ...sms(server.url), to: '+15005550001' };
      expect(await twilioSms.send(incidentPage(), config, io)).toEqual({
        ok: false,
        retryable: false,
        reason: 'Twilio answered 400: error 21211, see https://www.twilio.com/docs/api/errors/21211',
      });
      expect(twilioSms.describe(sms(server.url))).toBe('text message to +49…78');
      expect(twilioVoice.describe(voice(server.url))).toBe('call to +49…78');
      server.behave(json(201, { sid: `SM${'0'.repeat(32)}`, status: 'failed' }));
      expect(await twilioSms.send(incidentPage(), sms(server.url), io)).toMatchObject({ ok: false, retryable: true });
      server.behave({ status: 200, body: 'ok' });
      expect(await twilioSms.send(incidentPage(), sms(server.url), io)).toMatchObject({ ok: false, retryable: true });
    }));

  it('keeps a text message short and fresh, and never cuts its links', () =>
    withProvider(start(), async (server, io) => {
      const evidence = Array.from({ length: 50 }, () => 'GET https://checkout.example.com: 503 after 120 ms');
      const ackUrl = `https://status.example.com/a/${'x'.repeat(300)}`;
      const from = `MG${'0'.repeat(32)}`;
      const page = incidentPage({ ackUrl, callbackUrl }, { evidence });
      const receipt = await twilioSms.send(page, { ...sms(server.url), from }, io);
      expect(receipt).toEqual({ ok: true, providerRef: 'SM00000000000000000000000000000001' });
      await twilioSms.send(incidentPage({}, { evidence }), sms(server.url), io);
      const [long, short] = server.messages;
      expect(linksIn(long?.Body ?? '')).toEqual([ackUrl, page.viewUrl]);
      expect(long).toMatchObject({ MessagingServiceSid: from, StatusCallback: callbackUrl, SmartEncoded: 'true' });
      expect(long?.From).toBe(undefined);
      expect(short?.Body.length).toBeLessThanOrEqual(459);
      expect(short).toMatchObject({ From: '+15005550006', ValidityPeriod: 900 });
      expect(short?.StatusCallback).toBe(undefined);
    }));

  it('asks for a key where somebody listens for it, and detects mailboxes without keeping a person waiting', () =>
    withProvider(start(), async (server, io) => {
      await twilioVoice.send(incidentPage({ callbackUrl }), { ...voice(server.url), ringSeconds: 20 }, io);
      await twilioVoice.send(incidentPage(), voice(server.url), io);
      const [withKeypad, without] = server.calls;
      expect(withKeypad).toMatchObject({
        StatusCallback: callbackUrl,
        MachineDetection: 'Enable',
        AsyncAmd: 'true',
        AsyncAmdStatusCallback: callbackUrl,
        Timeout: 20,
        script: { gather: { action: callbackUrl, numDigits: 1 } },
      });
      expect(heard(withKeypad as TwilioCall)).toContain('Press 1 to acknowledge.');
      expect(without?.script.gather).toBe(undefined);
      expect(without?.MachineDetection).toBe(undefined);
      expect(heard(without as TwilioCall)).not.toContain('Press 1');
      expect(heard(without as TwilioCall)).toContain('Since 03:10 Europe/Berlin, 4 minutes ago.');
      expect(heard(without as TwilioCall)).not.toContain('http');
    }));

  it('offers no key for a summary, which has nothing to acknowledge', () =>
    withProvider(start(), async (server, io) => {
      const { incident: _, ackUrl: __, ...page } = incidentPage({ kind: 'summary', callbackUrl });
      const lines = Array.from({ length: 30 }, (_, index) => `#${index} Search`);
      await twilioVoice.send({ ...page, summary: { count: 30, lines, viewUrl: page.viewUrl } }, voice(server.url), io);
      expect(server.calls[0]?.script.gather).toBe(undefined);
      expect(heard(server.calls[0] as TwilioCall)).toContain('Incident 4 Search');
      expect(heard(server.calls[0] as TwilioCall)).not.toContain('Incident 5 Search');
    }));
});
