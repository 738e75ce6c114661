import { describe, expect, it } from 'vitest';
import { matrix } from '../../../src/respond/channels/matrix.ts';
import { json } from '../../harness/channel-servers/http-stub.ts';
import { type MatrixMessage, startMatrixServer } from '../../harness/channel-servers/matrix.ts';
import { type Delivery, describeChannelContract, incidentPage } from './contract.ts';
import { linksIn, openWorld, withProvider } from './world.ts';

const token = 'syt_aHVnb3Bz_qL8nX0vYtR5uZ2wA7cE9_1sD4xY';
const roomId = '!kQ93hfnA2lBvT7uZ:example.com';
const options = { token, rooms: [roomId] };
const configFor = (url: string) => ({ kind: 'matrix', homeserver: url, token, roomId });

const toDelivery = (message: MatrixMessage): Delivery => ({
  key: message.txnId,
  title: message.body.split('\n', 1)[0] ?? '',
  text: message.body,
  links: linksIn(message.body),
});

let accepted: MatrixMessage[] = [];

describeChannelContract(
  {
    name: 'matrix',
    channel: matrix,
    hasKey: true,
    rateLimitWaitMs: 7000,
    invalidConfig: { kind: 'matrix', homeserver: 'https://matrix.example.com', token, roomId: '#pages:example.com' },
    expectHarmless: () => {
      const [message] = accepted;
      const tags = message?.formatted_body.match(/<\/?([a-z]+)[^>]*>/g) ?? [];
      expect(new Set(tags.map((tag) => /[a-z]+/.exec(tag)?.[0]))).toEqual(
        new Set(['p', 'strong', 'br', 'pre', 'code', 'a', 'em']),
      );
      expect(tags.filter((tag) => tag.startsWith('<a '))).toHaveLength(2);
      expect(message?.formatted_body).toContain('&lt;script&gt;');
      expect(message?.['m.mentions']).toEqual({});
    },
  },
  async () => {
    const stub = await startMatrixServer(options);
    accepted = stub.accepted;
    return openWorld({
      stub,
      configFor,
      wrongConfig: { ...configFor(stub.url), token: `${token}x` },
      secrets: [token],
      deliveries: () => stub.accepted.map(toDelivery),
      rateLimit: json(429, { errcode: 'M_LIMIT_EXCEEDED', error: 'Too Many Requests', retry_after_ms: 7000 }),
      serverError: json(500, { errcode: 'M_UNKNOWN', error: 'Internal server error' }),
    });
  },
);

describe('matrix', () => {
  it('shows a page that is sent again only once', () =>
    withProvider(startMatrixServer(options), async (server, io) => {
      const config = configFor(`${server.url}/`);
      const first = await matrix.send(incidentPage(), config, io);
      expect(await matrix.send(incidentPage({ isResend: true }), config, io)).toEqual(first);
      await matrix.send(incidentPage({ id: 'pge_other' }), config, io);
      expect(server.accepted).toHaveLength(3);
      expect(server.shown().map(({ txnId }) => txnId)).toEqual([incidentPage().id, 'pge_other']);
      expect(server.accepted[0]?.msgtype).toBe('m.text');
    }));

  it('says the server’s error code and nothing else of its answer', () =>
    withProvider(startMatrixServer(options), async (server, io) => {
      const config = configFor(server.url);
      expect(await matrix.send(incidentPage(), { ...config, roomId: '!gone:example.com' }, io)).toEqual({
        ok: false,
        retryable: false,
        reason: 'the homeserver answered 403: M_FORBIDDEN',
      });
      // From version 1.10 on the header says it, and the field may be missing or wrong.
      server.behave({
        ...json(429, { errcode: 'M_LIMIT_EXCEEDED', retry_after_ms: 1 }),
        headers: { 'retry-after': '9' },
      });
      expect(await matrix.send(incidentPage(), config, io)).toMatchObject({ retryable: true, retryAfterMs: 9000 });
      server.behave({ status: 200, body: '{}' });
      expect(await matrix.send(incidentPage(), config, io)).toMatchObject({ ok: false, retryable: true });
    }));
});
