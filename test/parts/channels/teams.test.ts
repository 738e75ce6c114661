import { describe, expect, it } from 'vitest';
import { teams } from '../../../src/respond/channels/teams.ts';
import { json } from '../../harness/channel-servers/http-stub.ts';
import { startTeamsServer, type TeamsCard } from '../../harness/channel-servers/teams.ts';
import { type Delivery, describeChannelContract, incidentPage } from './contract.ts';
import { openWorld, withProvider } from './world.ts';

const signature = 'qL8nX0vYtR5uZ2wA7cE9gH3jK6mP1sD4';
const path = `/workflows/0a1b2c3d4e5f60718293a4b5c6d7e8f9/triggers/manual/paths/invoke?api-version=2016-06-01&sig=${signature}`;
const configFor = (url: string) => ({ kind: 'teams', webhookUrl: `${url}${path}` });

function toDelivery(card: TeamsCard): Delivery {
  const texts = card.body.map((block) => block.inlines.map((run) => run.text).join(''));
  return {
    key: undefined,
    title: texts[0] ?? '',
    text: texts.join('\n'),
    links: card.actions.map((action) => action.url),
  };
}

describeChannelContract(
  {
    name: 'teams',
    channel: teams,
    hasKey: false,
    rateLimitWaitMs: 7000,
    invalidConfig: { kind: 'teams', webhookUrl: 'teams.example.com' },
    // The server takes TextRuns only, in which there is no markup.
    expectHarmless: ({ text }) => expect(text).toContain('<script>alert(1)</script>'),
  },
  async () => {
    const stub = await startTeamsServer(path);
    return openWorld({
      stub,
      configFor,
      wrongConfig: { kind: 'teams', webhookUrl: `${stub.url}${path}x` },
      secrets: [signature],
      deliveries: () => stub.cards.map(toDelivery),
      rateLimit: { ...json(429, { error: { code: 'WorkflowThrottled' } }), headers: { 'retry-after': '7' } },
      serverError: { status: 502, body: '<html>Bad Gateway</html>' },
    });
  },
);

describe('teams', () => {
  it('says the workflow’s own word, and believes no 200 that tells of a failure', () =>
    withProvider(startTeamsServer(path), async (server, io) => {
      const config = configFor(server.url);
      server.behave(json(400, { error: { code: 'WorkflowTriggerIsNotEnabled', message: 'switched off' } }));
      expect(await teams.send(incidentPage(), config, io)).toEqual({
        ok: false,
        retryable: false,
        reason: 'Teams answered 400: WorkflowTriggerIsNotEnabled',
      });
      const inner = (status: number) => ({
        status: 200,
        body: `Webhook message delivery failed with error: Microsoft Teams endpoint returned HTTP error ${status} with ContextId tcid=0`,
      });
      server.behave(inner(429));
      expect(await teams.send(incidentPage(), config, io)).toMatchObject({ ok: false, retryable: true });
      server.behave(inner(404));
      expect(await teams.send(incidentPage(), config, io)).toMatchObject({ ok: false, retryable: false });
      server.behave({ status: 200, body: '1' });
      expect(await teams.send(incidentPage(), config, io)).toEqual({ ok: true });
    }));

  it('says that lines are missing, and colours what is severe', () =>
    withProvider(startTeamsServer(path), async (server, io) => {
      const evidence = Array.from({ length: 30 }, (_, index) => `line ${index}`);
      await teams.send(incidentPage({}, { evidence }), configFor(server.url), io);
      const texts = server.cards[0]?.body.map((block) => block.inlines[0]?.text) ?? [];
      expect(texts).toContain('line 19');
      expect(texts).not.toContain('line 20');
      expect(texts).toContain('…');
      expect(server.cards[0]?.body[0]?.inlines[0]?.color).toBe('attention');
      expect(teams.describe(configFor('https://prod-1.example.com'))).toBe('Teams workflow on prod-1.example.com');
    }));
});
