import { describe, expect, it } from 'vitest';
import { email } from '../../../src/respond/channels/email.ts';
import { closedPort } from '../../harness/channel-servers/http-stub.ts';
import { type ReceivedMail, type SmtpBehaviour, startSmtpServer } from '../../harness/smtp-server.ts';
import {
  type ChannelWorld,
  contractIo,
  type Delivery,
  describeChannelContract,
  type Fault,
  incidentPage,
} from './contract.ts';

const auth = { user: 'hugops-sender', pass: 'p@ss/w0rd:with%signs' };
const login = `${encodeURIComponent(auth.user)}:${encodeURIComponent(auth.pass)}`;
const address = 'alice@example.com';

const faults: Record<Fault, SmtpBehaviour> = {
  none: 'accept',
  'rate-limit': { refuse: 450, at: 'rcpt', text: '4.7.1 greylisted, come back later' },
  'server-error': { refuse: 451, at: 'data', text: '4.3.0 local error' },
  hang: 'hang',
  'lose-receipt': 'drop-after-data',
  echo: {
    refuse: 554,
    at: 'mail',
    text: `5.7.1 who is ${auth.user}:${auth.pass} ${Buffer.from(`\0${auth.user}\0${auth.pass}`).toString('base64')}`,
  },
};

async function start(): Promise<ChannelWorld> {
  const server = await startSmtpServer({ auth });
  const at = (credentials: string, port: number) => contractIo(`smtp://${credentials}@127.0.0.1:${port}`);
  const io = at(login, server.port);
  const wrong = at(`${encodeURIComponent(auth.user)}:wrong-but-still-secret`, server.port);
  const gone = at(login, await closedPort());
  const config = { kind: 'email', address };
  return {
    io,
    config,
    wrongCredentials: { io: wrong, config },
    nobodyThere: { io: gone, config },
    secrets: [
      auth.pass,
      auth.user,
      'wrong-but-still-secret',
      Buffer.from(`\0${auth.user}\0${auth.pass}`).toString('base64'),
    ],
    deliveries: () => server.mails.map(toDelivery),
    requestCount: () => server.connectionCount(),
    fail: (fault) => server.behave(faults[fault]),
    async close() {
      await Promise.all([io.close(), wrong.close(), gone.close()]);
      await server.close();
    },
  };
}

function toDelivery(mail: ReceivedMail): Delivery {
  return {
    key: mail.messageId.slice(1, mail.messageId.indexOf('@')),
    title: mail.subject,
    text: `${mail.subject}\n${mail.text}\n${visible(mail.html)}`,
    links: [...mail.html.matchAll(/<a href="([^"]*)"/g)].map(([, url]) => url ?? ''),
  };
}

const visible = (html: string): string => html.slice(html.indexOf('<body')).replace(/<[^>]*>/g, ' ');

describeChannelContract(
  {
    name: 'email',
    channel: email,
    hasKey: true,
    rateLimitWaitMs: undefined,
    invalidConfig: { kind: 'email', address: 'alice@example.com, mallory@example.com' },
    expectHarmless: ({ text }) => expect(text).toContain('&lt;script&gt;'),
  },
  start,
);

describe('email', () => {
  it('keeps an incident in one thread, marks itself automatic, and lets no text become a header or a tag', async () => {
    const server = await startSmtpServer();
    const io = contractIo(server.url);
    try {
      const evil = 'a\r\nBcc: mallory@example.com\r\n\r\n<script>alert(1)</script>';
      await email.send(incidentPage({ id: 'pge_1' }, { title: evil, evidence: [evil] }), { address }, io);
      await email.send(incidentPage({ id: 'pge_2', isResend: true }, { severity: 'minor' }), { address }, io);
      const [first, second] = server.mails;
      expect(first?.messageId).toBe('<pge_1@status.example.com>');
      expect(second?.messageId).toBe('<pge_2@status.example.com>');
      for (const mail of server.mails) {
        expect(mail.to).toEqual([address]);
        expect(mail.from).toBe('hugops@example.com');
        expect(mail.headers.get('to')).toBe(address);
        expect(mail.headers.get('auto-submitted')).toBe('auto-generated');
        expect(mail.headers.get('in-reply-to')).toBe('<inc_01k000000000000000000000a@status.example.com>');
        expect(mail.headers.get('references')).toBe('<inc_01k000000000000000000000a@status.example.com>');
        expect(mail.headers.get('date')).toContain('01 Mar 2026 02:14:00');
        expect(mail.headerNames.filter((name) => name === 'bcc' || name === 'to')).toEqual(['to']);
        expect(mail.html).not.toContain('<script');
      }
      expect(first?.subject).toBe('#42 critical: a Bcc: mallory@example.com <script>alert(1)</script>');
      expect(first?.headers.get('importance')).toBe('high');
      expect(second?.headers.has('importance')).toBe(false);
      expect(second?.text).toContain('Since: 03:10 Europe/Berlin, 4 minutes ago');
      expect(second?.text).toContain('Sent again');
    } finally {
      await io.close();
      await server.close();
    }
  });

  it('a full mailbox or an unknown address is final; its reason is the server’s', async () => {
    const server = await startSmtpServer();
    const io = contractIo(server.url);
    try {
      server.behave({ refuse: 550, at: 'rcpt', text: '5.1.1 no such user' });
      expect(await email.send(incidentPage(), { address }, io)).toEqual({
        ok: false,
        retryable: false,
        reason: 'the mail server answered 550 5.1.1 no such user',
      });
    } finally {
      await io.close();
      await server.close();
    }
  });

  it('without a mail server it says so', async () => {
    const io = contractIo();
    expect(await email.send(incidentPage(), { address }, io)).toEqual({
      ok: false,
      retryable: false,
      reason: 'no mail server is configured',
    });
    await io.close();
  });

  it('shows only the ends of an address', () => {
    expect(email.describe({ address })).toBe('a…e@example.com');
    expect(email.describe({ address: 'al@example.com' })).toBe('a…@example.com');
    expect(email.describe({ address: '🔥b🔥@example.com' })).toBe('🔥…🔥@example.com');
  });
});
