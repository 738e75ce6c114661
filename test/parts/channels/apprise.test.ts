import { describe, expect, it } from 'vitest';
import { apprise } from '../../../src/respond/channels/apprise.ts';
import { startAppriseServer } from '../../harness/channel-servers/apprise.ts';
import { describeChannelContract, incidentPage } from './contract.ts';
import { linksIn, openWorld, withProvider } from './world.ts';

const urls = 'pover://kQ93hfnA2lBv@T7uZ0wR5cE9gH, mailtos://alice:Xy7-gate@example.com';
const configKey = 'shop-kQ93hfnA2lBv';
const basic = { user: 'hugops', password: 'correct horse: battery' };
const options = { stored: { [configKey]: ['oncall'] }, basic };
const byUrls = (url: string) => ({ kind: 'apprise', server: url, urls, ...basic });
const byKey = (url: string) => ({ kind: 'apprise', server: url, configKey, tag: 'oncall', ...basic });

for (const [name, configFor, wrong] of [
  ['apprise with its addresses', byUrls, { password: 'guess' }],
  ['apprise with a stored configuration', byKey, { configKey: 'another' }],
] as const) {
  describeChannelContract(
    {
      name,
      channel: apprise,
      hasKey: false,
      rateLimitWaitMs: 7000,
      invalidConfig: { kind: 'apprise', server: 'https://apprise.example.com', urls, configKey },
      // Declared as plain text, so that Apprise escapes it where a service reads markup.
      expectHarmless: ({ text }) => expect(text).toContain('<script>alert(1)</script>'),
    },
    async () => {
      const stub = await startAppriseServer(options);
      return openWorld({
        stub,
        configFor,
        wrongConfig: { ...configFor(stub.url), ...wrong },
        secrets: [
          configFor === byUrls ? urls : configKey,
          basic.password,
          Buffer.from(`${basic.user}:${basic.password}`).toString('base64'),
        ],
        deliveries: () =>
          stub.notifications.map(({ title, body }) => ({
            key: undefined,
            title,
            text: `${title}\n${body}`,
            links: linksIn(body),
          })),
        rateLimit: { status: 429, headers: { 'retry-after': '7' } },
        serverError: { status: 500, body: 'Server Error' },
      });
    },
  );
}

describe('apprise', () => {
  it('knows that 204 is no success and that 424 may be half of one', () =>
    withProvider(startAppriseServer(options), async (server, io) => {
      expect(await apprise.send(incidentPage(), { ...byKey(server.url), configKey: 'another' }, io)).toEqual({
        ok: false,
        retryable: false,
        reason: 'Apprise answered 204: it has no address to notify',
      });
      expect(await apprise.send(incidentPage(), { ...byKey(server.url), tag: 'nobody' }, io)).toEqual({
        ok: false,
        retryable: true,
        reason: 'Apprise answered 424: it could not notify every address',
      });
    }));

  it('says how bad it is, and that it is plain text', () =>
    withProvider(startAppriseServer(options), async (server, io) => {
      for (const severity of ['critical', 'major', 'minor'] as const) {
        await apprise.send(incidentPage({}, { severity }), byKey(`${server.url}/`), io);
      }
      expect(server.notifications.map(({ type }) => type)).toEqual(['failure', 'warning', 'info']);
      expect(server.notifications[0]).toMatchObject({ key: configKey, tag: 'oncall', format: 'text' });
      expect(server.notifications[0]?.urls).toBe(undefined);
      expect(apprise.describe(byKey('https://apprise.example.com'))).toBe('Apprise on apprise.example.com (oncall)');
    }));
});
