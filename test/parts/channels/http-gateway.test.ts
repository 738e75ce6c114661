import { describe, expect, it } from 'vitest';
import { httpGateway } from '../../../src/respond/channels/http-gateway.ts';
import { startSmsGateway } from '../../harness/channel-servers/sms-gateway.ts';
import { describeChannelContract, incidentPage } from './contract.ts';
import { linksIn, openWorld, withProvider } from './world.ts';

const apiKey = 'gw_kQ93hfnA2lBvT7uZ0wR5cE9g';
const to = '+4915112345678';
const kind = 'http-gateway';

type Manner = (url: string, key?: string) => Record<string, unknown>;

const asJson: Manner = (url, key = apiKey) => ({
  kind,
  url: `${url}/v1/messages`,
  headers: { 'X-Api-Key': key, 'Idempotency-Key': '{{id}}' },
  body: '{"to": "{{to}}", "text": "{{text}}", "meta": {"from": {"name": "HugOps"}}}',
  to,
});
const asForm: Manner = (url, key = apiKey) => ({
  kind,
  url: `${url}/send`,
  headers: { 'Idempotency-Key': '{{ id }}' },
  format: 'form',
  body: `apikey=${key}&to={{to}}&text={{text}}`,
  to,
});
const asXml: Manner = (url, key = apiKey) => ({
  kind,
  method: 'PUT',
  url: `${url}/xml`,
  headers: { 'Idempotency-Key': '{{id}}' },
  user: 'hugops',
  password: key,
  format: 'xml',
  body: '<sms to="{{to}}">{{text}}</sms>',
  to,
});
const asGet: Manner = (url, key = apiKey) => ({
  kind,
  method: 'GET',
  url: `${url}/send?apikey=${key}&to={{to}}&text={{text}}`,
  headers: { 'Idempotency-Key': '{{id}}' },
  to,
});

for (const [name, configFor] of Object.entries({ JSON: asJson, 'a form': asForm, XML: asXml, 'an address': asGet })) {
  describeChannelContract(
    {
      name: `http gateway with ${name}`,
      channel: httpGateway,
      hasKey: true,
      rateLimitWaitMs: 7000,
      invalidConfig: { ...asJson('https://sms.example.com'), body: '{"text": {{text}}}' },
      expectHarmless: ({ text }) => expect(text).toContain('<script>alert(1)</script>'),
    },
    async () => {
      const stub = await startSmsGateway({ apiKey });
      return openWorld({
        stub,
        configFor: (url) => configFor(url) as ReturnType<Manner> & { kind: string },
        wrongConfig: configFor(stub.url, `${apiKey}x`) as { kind: string },
        secrets: [apiKey],
        deliveries: () =>
          stub.texts.map(({ key, text }) => ({
            key,
            title: text.split('\n', 1)[0] ?? '',
            text,
            links: linksIn(text),
          })),
        rateLimit: { status: 429, headers: { 'retry-after': '7' } },
        serverError: { status: 500, body: 'ERR: internal' },
      });
    },
  );
}

describe('http gateway', () => {
  it('believes no 200 without the text of success', () =>
    withProvider(startSmsGateway({ apiKey, isAlways200: true }), async (server, io) => {
      const config = { ...asJson(server.url), successText: 'OK:' };
      expect(await httpGateway.send(incidentPage(), config, io)).toEqual({ ok: true });
      expect(await httpGateway.send(incidentPage(), { ...config, headers: {} }, io)).toEqual({
        ok: false,
        retryable: true,
        reason: 'the gateway answered 200, but not with the text of success',
      });
      expect(server.texts).toHaveLength(1);
      expect(server.texts[0]?.text.length).toBeLessThanOrEqual(459);
    }));

  it('lets no value leave its place, in any format', () =>
    withProvider(startSmsGateway({ apiKey }), async (server, io) => {
      const title = '", "to": "+999" &to=+999 </sms><sms to="+999"> {{to}} {{ackUrl}} $& #x ?to=+999';
      for (const manner of [asJson, asForm, asXml, asGet]) {
        expect(await httpGateway.send(incidentPage({}, { title }), manner(server.url), io)).toEqual({ ok: true });
      }
      expect(server.texts.map((one) => one.to)).toEqual([to, to, to, to]);
      for (const { text } of server.texts) expect(text).toContain(title);
    }));

  it('says which part of a template is wrong', () => {
    const base = asJson('https://sms.example.com');
    const bad: [Record<string, unknown>, string, string][] = [
      [{ body: '{"text": "{{texts}}"}' }, 'body', ', not texts'],
      [{ body: '{"text": "{{constructor}}"}' }, 'body', ', not constructor'],
      [{ body: '{"text": {{text}}}' }, 'body', 'expected JSON'],
      [{ body: 'text={{text}', format: 'form' }, 'body', 'a }} for each {{'],
      [{ body: undefined }, 'body', 'expected one'],
      [{ method: 'GET' }, 'body', 'expected none with GET'],
      [{ url: 'https://{{to}}.example.com/' }, 'url', ''],
      [{ url: 'https://sms.example.com/{{secret}}' }, 'url', ', not secret'],
      [{ headers: { 'Content-Length': '1' } }, 'headers', 'connection'],
      [{ headers: { 'X-Y': 'a\r\nB: c' } }, 'headers.X-Y', 'visible ASCII'],
      [{ user: 'hugops' }, 'user', 'both user and password'],
    ];
    for (const [change, path, words] of bad) {
      const [issue] = httpGateway.schema.safeParse({ ...base, ...change }).error?.issues ?? [];
      expect({ change, path: issue?.path.join('.') }).toEqual({ change, path });
      expect(issue?.message).toContain(words);
    }
    expect(httpGateway.describe(base)).toBe('gateway on sms.example.com to +49…78');
  });
});
