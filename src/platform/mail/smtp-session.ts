import { Readable } from 'node:stream';
import SMTPConnection from 'nodemailer/lib/smtp-connection';
import type { SmtpServer } from './smtp-url.ts';

/** What went wrong in a session, before anyone judges whether to try again. */
export interface SmtpFault {
  /** nodemailer's code (ETIMEDOUT, EAUTH, …) or the system's. */
  code: string;
  /** The command in flight: CONN, AUTH PLAIN, MAIL FROM, RCPT TO, DATA. */
  command: string;
  /** The reply, when the server gave one: 550 and its text. */
  replyCode: number | undefined;
  reply: string;
  /** Whether any part of the message itself had been handed over, so that it may have been delivered. */
  mayHaveArrived: boolean;
}

export type SessionResult = { ok: true; response: string } | { ok: false; fault: SmtpFault };

export interface Envelope {
  from: string;
  to: string;
}

/** One logged-in SMTP connection. One message at a time. */
export interface SmtpSession {
  /** False once the connection has ended, for whatever reason. */
  isOpen(): boolean;
  send(envelope: Envelope, message: Buffer, timeoutMs: number): Promise<SessionResult>;
  /** Shows the server (and the middle-boxes) that the session is wanted: RSET. False when the session is gone. */
  ping(timeoutMs: number): Promise<boolean>;
  close(): void;
}

export interface SessionOptions {
  server: SmtpServer;
  /** Until connected, greeted, encrypted and logged in. */
  connectTimeoutMs: number;
  /** A PEM certificate authority to trust instead of the system's. */
  ca?: string | undefined;
}

// The connection's own idle limit only mops up: every step here has a deadline of its own.
const idleLimitMs = 600_000;

/** Connects and logs in. Resolves to the fault instead of throwing it. */
export async function openSession(options: SessionOptions): Promise<SmtpSession | { fault: SmtpFault }> {
  const { server } = options;
  const connection = new SMTPConnection({
    host: server.host,
    port: server.port,
    secure: server.secure,
    requireTLS: server.requireTls,
    ignoreTLS: server.ignoreTls,
    connectionTimeout: options.connectTimeoutMs,
    greetingTimeout: options.connectTimeoutMs,
    dnsTimeout: options.connectTimeoutMs,
    socketTimeout: idleLimitMs,
    socketCloseTimeout: 0,
    maxResponseSize: 64 * 1024,
    tls: { rejectUnauthorized: !server.unverified, ...(options.ca === undefined ? {} : { ca: options.ca }) },
  });
  // Errors between two messages end the session; those during one reach the callback of its command.
  let isOpen = true;
  connection.on('error', () => {
    isOpen = false;
  });
  connection.once('end', () => {
    isOpen = false;
  });
  const fault = await step(connection, options.connectTimeoutMs, (done) => {
    connection.once('error', done);
    connection.connect((error) => {
      if (error || server.auth === undefined) return done(error);
      connection.login({ ...server.auth, credentials: server.auth }, (loginError) => done(loginError));
    });
  });
  if (fault !== undefined) {
    connection.close();
    return { fault };
  }
  return { isOpen: () => isOpen, ...sessionOn(connection) };
}

function sessionOn(connection: SMTPConnection): Omit<SmtpSession, 'isOpen'> {
  return {
    async send(envelope, message, timeoutMs) {
      let response = '';
      // A stream, because it tells whether a byte of it was taken.
      const stream = Readable.from([message]);
      const fault = await step(connection, timeoutMs, (done) => {
        connection.send({ ...envelope, size: message.length }, stream, (error, info) => {
          response = info?.response ?? '';
          done(error);
        });
      });
      if (fault === undefined) return { ok: true, response };
      const wasRefused = fault.replyCode !== undefined && fault.replyCode !== 421;
      // After a refusal the session can go on, once it has been reset; after anything else nobody knows its state.
      const goesOn = wasRefused && (await step(connection, timeoutMs, (done) => connection.reset(done))) === undefined;
      if (!goesOn) connection.close();
      return { ok: false, fault: { ...fault, mayHaveArrived: stream.readableDidRead && !wasRefused } };
    },
    async ping(timeoutMs) {
      const fault = await step(connection, timeoutMs, (done) => connection.reset(done));
      if (fault !== undefined) connection.close();
      return fault === undefined;
    },
    close() {
      connection.quit();
      setTimeout(() => connection.close(), 1000).unref();
    },
  };
}

type Done = (error?: Error | null) => void;

/** Runs one exchange with a deadline and an ear for the connection's end, whichever comes first. */
function step(
  connection: SMTPConnection,
  timeoutMs: number,
  run: (done: Done) => void,
): Promise<SmtpFault | undefined> {
  return new Promise((resolve) => {
    const finish = (error: Error | null | undefined): void => {
      clearTimeout(timer);
      connection.removeListener('end', onEnd);
      connection.removeListener('error', finish);
      resolve(error ? toFault(error) : undefined);
    };
    const onEnd = (): void => {
      // The callback of the command in flight comes right after the end, and knows more.
      setImmediate(() => finish(coded('ECONNECTION', 'connection closed')));
    };
    const timer = setTimeout(() => {
      finish(coded('ETIMEDOUT', 'no answer'));
      connection.close();
    }, timeoutMs);
    connection.once('end', onEnd);
    run(finish);
  });
}

const coded = (code: string, message: string): Error => Object.assign(new Error(message), { code });

function toFault(error: Error): SmtpFault {
  const known = error as Error & { code?: string; originalCode?: string; command?: string; response?: string } & {
    responseCode?: number;
  };
  return {
    code: known.originalCode ?? known.code ?? 'EUNKNOWN',
    command: known.command ?? '',
    replyCode: known.responseCode,
    reply: known.response ?? '',
    mayHaveArrived: false,
  };
}
