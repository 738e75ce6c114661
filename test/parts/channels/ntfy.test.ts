import { describe, expect, it } from 'vitest';
import { ntfy } from '../../../src/respond/channels/ntfy.ts';
import { closedPort, json, type StubBehaviour } from '../../harness/channel-servers/http-stub.ts';
import { startNtfyServer } from '../../harness/channel-servers/ntfy.ts';
import { type ChannelWorld, contractIo, describeChannelContract, type Fault, incidentPage } from './contract.ts';

const token = 'tk_7eevizlsiwf9yi4uxsrs83r4352o0';
const topic = 'alice-pages-kQ93hfnA2lBv';
const basic = { user: 'alice', password: 'correct horse: battery' };

const faults: Record<Fault, StubBehaviour> = {
  none: 'accept',
  'rate-limit': {
    ...json(429, { code: 42901, http: 429, error: 'limit reached: too many requests' }),
    headers: { 'retry-after': '7' },
  },
  'server-error': json(500, { code: 50001, http: 500, error: 'internal server error' }),
  hang: 'hang',
  'lose-receipt': 'lose-receipt',
  echo: 'echo',
};

async function start(mode: 'token' | 'basic'): Promise<ChannelWorld> {
  const server = await startNtfyServer(mode === 'token' ? { token } : { basic });
  const io = contractIo();
  const credentials = mode === 'token' ? { token } : basic;
  const wrong = mode === 'token' ? { token: `${token}x` } : { ...basic, password: `${basic.password}x` };
  const place = { kind: 'ntfy', server: server.url, topic };
  return {
    io,
    config: { ...place, ...credentials },
    wrongCredentials: { io, config: { ...place, ...wrong } },
    nobodyThere: { io, config: { ...place, ...credentials, server: `http://127.0.0.1:${await closedPort()}` } },
    secrets:
      mode === 'token'
        ? [topic, token]
        : [topic, basic.password, Buffer.from('alice:correct horse: battery').toString('base64')],
    deliveries: () =>
      server.published.map((one) => ({
        key: one.sequence_id,
        title: one.title,
        text: `${one.title}\n${one.message}`,
        links: one.actions.map((action) => action.url),
      })),
    requestCount: () => server.requests.length,
    fail: (fault) => server.behave(faults[fault]),
    async close() {
      await io.close();
      await server.close();
    },
  };
}

const traits = {
  channel: ntfy,
  hasKey: true,
  rateLimitWaitMs: 7000,
  invalidConfig: { kind: 'ntfy', server: 'https://ntfy.example.com', topic: 'no/slashes please' },
  // ntfy shows plain text unless `markdown` is set; the server's schema asserts that the field is there.
  expectHarmless: ({ text }: { text: string }) => expect(text).toContain('<script>alert(1)</script>'),
};

describeChannelContract({ ...traits, name: 'ntfy with a token' }, () => start('token'));
describeChannelContract({ ...traits, name: 'ntfy with user and password' }, () => start('basic'));

describe('ntfy', () => {
  it('is as loud as the incident is severe, never an attachment, and a repetition replaces the first', async () => {
    const server = await startNtfyServer();
    const io = contractIo();
    const config = { server: `${server.url}/`, topic };
    try {
      for (const severity of ['critical', 'major', 'minor'] as const) {
        await ntfy.send(incidentPage({ id: `pge_${severity}` }, { severity }), config, io);
      }
      const long = ['"\\\n'.repeat(5000)];
      await ntfy.send(incidentPage({ id: 'pge_long' }, { evidence: long }), config, io);
      await ntfy.send(incidentPage({ id: 'pge_long', isResend: true }), config, io);
      expect(server.published.map((one) => one.priority)).toEqual([5, 4, 3, 5, 5]);
      expect(server.published.map((one) => one.isAttachment)).toEqual([false, false, false, false, false]);
      expect(server.published.map((one) => one.markdown)).toEqual([false, false, false, false, false]);
      expect(server.published.every((one) => one.click === incidentPage().viewUrl)).toBe(true);
      expect(server.published[0]?.message).toContain('Since: 03:10 Europe/Berlin, 4 minutes ago');
      expect(server.shown().map((one) => one.sequence_id)).toEqual([
        'pge_critical',
        'pge_major',
        'pge_minor',
        'pge_long',
      ]);
    } finally {
      await io.close();
      await server.close();
    }
  });

  it('repeats the server’s word, and the host but not the topic in its label', async () => {
    const server = await startNtfyServer({ token });
    const io = contractIo();
    try {
      const receipt = await ntfy.send(incidentPage(), { server: server.url, topic }, io);
      expect(receipt).toEqual({ ok: false, retryable: false, reason: 'the ntfy server answered 401: unauthorized' });
      expect(ntfy.describe({ server: 'https://ntfy.example.com', topic })).toBe('ntfy topic on ntfy.example.com');
    } finally {
      await io.close();
      await server.close();
    }
  });
});
