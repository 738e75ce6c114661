import { domainToASCII } from 'node:url';
import addressparser from 'nodemailer/lib/addressparser';
import MailComposer from 'nodemailer/lib/mail-composer';
import { cutText } from '../cut-text.ts';
import { oneLine } from '../one-line.ts';
import { scrubSecrets } from '../scrub-secrets.ts';
import { openSmtpPool, type SmtpPool } from './smtp-pool.ts';
import { openSession, type SmtpFault } from './smtp-session.ts';
import { parseSmtpUrl, type SmtpServer } from './smtp-url.ts';

/** One mail to one person. */
export interface MailMessage {
  /** Instead of the transport's own sender: `Name <address>`. */
  from?: string | undefined;
  /** One address and nothing else. */
  to: string;
  subject: string;
  text: string;
  html?: string | undefined;
  headers?: Readonly<Record<string, string>> | undefined;
  /** `<id@host>`; the same for every attempt, so that mail clients show a repeated mail once. */
  messageId: string;
  /** The Date header, epoch ms. */
  at: number;
  /** Pages travel in a lane of their own, which is kept connected. */
  isUrgent?: boolean | undefined;
}

export interface MailFailure {
  ok: false;
  /** Whether the same mail can succeed later without a person changing anything. */
  retryable: boolean;
  /** One line for people, without secrets. */
  reason: string;
  /** `server`: no mail gets through now (down, login refused). `message`: this mail or this address was refused. */
  scope: 'message' | 'server';
}

export type MailResult = { ok: true; response: string; messageId: string } | MailFailure;

/** Hands mails to the mail server. Never throws for what the server or the network does. */
export interface MailTransport {
  configured: boolean;
  send(message: MailMessage): Promise<MailResult>;
  /** Connects and logs in, sends nothing. */
  verify(): Promise<{ ok: true } | MailFailure>;
  /** Idle connections at once, busy ones after their mail. */
  close(): void;
}

export interface MailTransportOptions {
  /** smtp(s)://user:pass@host:port, see parseSmtpUrl. Without it nothing can be sent, and every send says so. */
  url?: string | undefined;
  /** `HugOps <hugops@example.com>`. */
  from: string;
  /** Until connected and logged in. Default 10 s. */
  connectTimeoutMs?: number;
  /** From the first command of a mail to its last reply. Default 20 s. */
  sendTimeoutMs?: number;
  /** How often the idle connection for pages is kept alive. Default 1 min; 0 connects only when there is something to send. */
  keepWarmMs?: number;
  /** A PEM certificate authority to trust instead of the system's. */
  ca?: string | undefined;
}

/** @throws Error for a URL or sender that cannot be understood; the message never quotes the URL. */
export function openMailTransport(options: MailTransportOptions): MailTransport {
  const sender = parseSender(options.from);
  if (sender === undefined) throw new Error(`the sender of mails is not one address: ${oneLine(options.from)}`);
  if (options.url === undefined) return unconfigured;
  const server = parseSmtpUrl(options.url);
  const session = { server, connectTimeoutMs: options.connectTimeoutMs ?? 10_000, ca: options.ca };
  const pool = { ...session, sendTimeoutMs: options.sendTimeoutMs ?? 20_000 };
  const urgent = openSmtpPool({ ...pool, maxSessions: 4, keepWarmMs: options.keepWarmMs ?? 60_000 });
  // Thousands of mails to subscribers must neither delay a page nor take the connections a small mail server grants.
  const bulk = openSmtpPool({ ...pool, maxSessions: 2, keepWarmMs: 0 });
  const judge = judgeFaults(server);
  return {
    configured: true,
    send: (message) => send(message, sender, message.isUrgent ? urgent : bulk, judge),
    async verify() {
      const opened = await openSession(session);
      if ('fault' in opened) return judge(opened.fault);
      opened.close();
      return { ok: true };
    },
    close() {
      urgent.close();
      bulk.close();
    },
  };
}

const noServer: MailFailure = { ok: false, retryable: false, reason: 'no mail server is configured', scope: 'server' };

const unconfigured: MailTransport = {
  configured: false,
  send: () => Promise.resolve(noServer),
  verify: () => Promise.resolve(noServer),
  close: () => undefined,
};

interface Sender {
  name: string;
  address: string;
}

async function send(
  message: MailMessage,
  defaultSender: Sender,
  pool: SmtpPool,
  judge: (fault: SmtpFault) => MailFailure,
): Promise<MailResult> {
  const sender = message.from === undefined ? defaultSender : parseSender(message.from);
  const refusal = sender === undefined ? 'the sender is not one address' : findFlaw(message);
  if (sender === undefined || refusal !== undefined) {
    return { ok: false, retryable: false, reason: refusal ?? '', scope: 'message' };
  }
  const envelope = { from: withAsciiDomain(sender.address), to: withAsciiDomain(message.to) };
  const composed = await new MailComposer({
    // As objects and with an explicit envelope: a string would be parsed, and "a@x, b@y" would reach two people.
    from: sender,
    to: { name: '', address: message.to },
    envelope,
    subject: cutText(oneLine(message.subject), 400),
    text: message.text.toWellFormed(),
    html: message.html?.toWellFormed(),
    headers: { 'Auto-Submitted': 'auto-generated', ...message.headers },
    messageId: message.messageId,
    date: new Date(message.at),
    disableFileAccess: true,
    disableUrlAccess: true,
  })
    .compile()
    .build();
  const result = await pool.send(envelope, composed);
  if (!result.ok) return judge(result.fault);
  return { ok: true, response: cutText(oneLine(result.response), 200), messageId: message.messageId };
}

function parseSender(from: string): Sender | undefined {
  const [sender, ...others] = addressparser(from, { flatten: true });
  if (sender === undefined || others.length > 0 || !isMailAddress(sender.address)) return undefined;
  return { name: oneLine(sender.name), address: sender.address };
}

/** münchen.example as every mail server understands it. */
function withAsciiDomain(address: string): string {
  const at = address.lastIndexOf('@') + 1;
  return address.slice(0, at) + domainToASCII(address.slice(at));
}

/** One plain address (RFC 5321, without quoted local parts and address literals, which invite injection and which nobody has). */
export function isMailAddress(text: string): boolean {
  return (
    text.length <= 254 &&
    /^[^\s@<>()[\],;:\\"\p{Cc}\p{Cf}]{1,64}@[\p{L}\p{N}]([\p{L}\p{M}\p{N}.-]{0,252}[\p{L}\p{M}\p{N}])?$/u.test(text) &&
    !text.includes('..') &&
    domainToASCII(text.slice(text.lastIndexOf('@') + 1)) !== ''
  );
}

// Set from the message's own fields, or by the composer.
const ownHeaders = /^(from|to|cc|bcc|sender|subject|date|message-id|mime-version|return-path|received|content-.*)$/i;

function findFlaw(message: MailMessage): string | undefined {
  if (!isMailAddress(message.to)) return 'the recipient is not one address';
  if (!/^<[\w.+-]+@[\w.-]+>$/.test(message.messageId)) return 'the Message-ID is malformed';
  for (const [name, value] of Object.entries(message.headers ?? {})) {
    if (!/^[A-Za-z][A-Za-z0-9-]*$/.test(name) || ownHeaders.test(name))
      return `the header ${oneLine(name)} cannot be set`;
    if (/[\p{Cc}\u2028\u2029]/u.test(value)) return `the header ${name} has a line break in its value`;
  }
  return undefined;
}

const words: Record<string, string> = {
  ETIMEDOUT: 'did not answer in time',
  ECONNREFUSED: 'refused the connection',
  ECONNRESET: 'broke the connection',
  ECONNECTION: 'closed the connection',
  ESOCKET: 'broke the connection',
  ENOTFOUND: 'has a name that cannot be found',
  EDNS: 'has a name that cannot be found',
  EAI_AGAIN: 'has a name that could not be looked up now',
  EHOSTUNREACH: 'cannot be reached',
  ENETUNREACH: 'cannot be reached',
  ETLS: 'failed to encrypt the connection',
  EAUTH: 'refused the login',
};

/** Turns a fault into the decision to try again or not, and a line for people. */
function judgeFaults(server: SmtpServer): (fault: SmtpFault) => MailFailure {
  const scrub = scrubSecrets(
    server.auth === undefined ? [] : [server.auth.user, server.auth.pass, `\0${server.auth.user}\0${server.auth.pass}`],
  );
  return (fault) => {
    if (fault.code === 'ECLOSED')
      return { ok: false, retryable: true, reason: 'mail is shutting down', scope: 'server' };
    const isReply = fault.replyCode !== undefined;
    const what = isReply
      ? `answered ${fault.reply}`
      : (words[fault.code] ??
        (isCertificateFault(fault.code) ? `showed an invalid certificate (${fault.code})` : `failed (${fault.code})`));
    // Size and content are refused at MAIL FROM, too; everything else before RCPT concerns every mail.
    const isAboutMessage =
      fault.code === 'EMESSAGE' ||
      /^(RCPT|DATA)/.test(fault.command) ||
      (fault.command === 'MAIL FROM' && fault.replyCode === 552);
    const isPermanent = isReply
      ? (fault.replyCode ?? 0) >= 500
      : ['ETLS', 'EAUTH', 'EMESSAGE', 'EENVELOPE'].includes(fault.code) || isCertificateFault(fault.code);
    return {
      ok: false,
      retryable: !isPermanent,
      reason: cutText(scrub(oneLine(`the mail server ${what}`)), 240),
      scope: isAboutMessage && fault.replyCode !== 421 ? 'message' : 'server',
    };
  };
}

const isCertificateFault = (code: string): boolean =>
  /CERT|SIGNATURE|_CHAIN|UNABLE_TO|ERR_TLS|ERR_SSL|EPROTO/.test(code);
