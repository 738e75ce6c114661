import type { AddressInfo, Socket } from 'node:net';
import { SMTPServer, type SMTPServerSession } from 'smtp-server';
import { type MadeCertificate, selfSigned } from './certificates.ts';
import { readMail, type ReadMail } from './read-mail.ts';
import { waitUntil } from './wait-until.ts';

export interface ReceivedMail extends ReadMail {
  from: string;
  to: string[];
  raw: string;
  /** Who had logged in. */
  user: string | undefined;
  isEncrypted: boolean;
  /** Counts connections: mails with the same number came over the same one. */
  connection: number;
}

/**
 * What the server does from now on, to every connection:
 * accept; refuse with a reply at a step; hang (takes the mail, never replies); hang-at-greeting (connects, says nothing);
 * drop-after-data (takes the mail, keeps it, and breaks the connection before the reply: the lost receipt);
 * drop-at-mail (breaks the connection at MAIL FROM, as a server does that has shut an idle session).
 */
export type SmtpBehaviour =
  | 'accept'
  | 'hang'
  | 'hang-at-greeting'
  | 'drop-after-data'
  | 'drop-at-mail'
  | { refuse: number; at: 'connect' | 'mail' | 'rcpt' | 'data'; text: string };

export interface TestSmtpServer {
  port: number;
  /** Without credentials. */
  url: string;
  /** Every mail the server took, also when its receipt was lost. */
  mails: ReceivedMail[];
  /** Connections opened so far, and those open now. */
  connectionCount(): number;
  openConnections(): number;
  /** Mails that were taken and will never be answered. */
  hanging(): number;
  /** Login attempts so far, right or wrong. */
  logins(): number;
  behave(behaviour: SmtpBehaviour): void;
  /** Breaks all open connections, as a server does that restarts. */
  dropConnections(): void;
  waitForMail(what: string, is: (mail: ReceivedMail) => boolean, deadlineMs?: number): Promise<ReceivedMail>;
  close(): Promise<void>;
}

export interface TestSmtpOptions {
  /** The login it demands. */
  auth?: { user: string; pass: string };
  /** STARTTLS or TLS from the first byte. */
  tls?: 'none' | 'starttls' | 'implicit';
  /** A self-signed one for 127.0.0.1 and localhost by default. */
  certificate?: MadeCertificate;
  maxBytes?: number;
}

const names = ['localhost', '127.0.0.1'];
const validFromAt = Date.UTC(2000, 0, 1);
const validToAt = Date.UTC(2100, 0, 1);

/** A real SMTP server on loopback (npm smtp-server) that records what it takes and fails as told. */
export async function startSmtpServer(options: TestSmtpOptions = {}): Promise<TestSmtpServer> {
  const mails: ReceivedMail[] = [];
  const sockets = new Map<number, { socket: Socket; number: number }>();
  let behaviour: SmtpBehaviour = 'accept';
  let connections = 0;
  let logins = 0;
  let hanging = 0;
  const refusalAt = (step: 'connect' | 'mail' | 'rcpt' | 'data'): Error | undefined =>
    typeof behaviour === 'object' && behaviour.at === step
      ? Object.assign(new Error(behaviour.text), { responseCode: behaviour.refuse })
      : undefined;
  const drop = (session: SMTPServerSession): void => void sockets.get(session.remotePort)?.socket.destroy();

  const server = new SMTPServer({
    name: 'mail.test',
    secure: options.tls === 'implicit',
    disabledCommands: options.tls === 'starttls' ? [] : ['STARTTLS'],
    authOptional: options.auth === undefined,
    allowInsecureAuth: true,
    disableReverseLookup: true,
    closeTimeout: 100,
    ...((options.tls ?? 'none') === 'none' ? {} : (options.certificate ?? selfSigned(names, validFromAt, validToAt))),
    ...(options.maxBytes === undefined ? {} : { size: options.maxBytes }),
    onConnect(_session, callback) {
      if (behaviour === 'hang-at-greeting') return;
      callback(refusalAt('connect'));
    },
    onAuth(auth, _session, callback) {
      logins++;
      const isRight = auth.username === options.auth?.user && auth.password === options.auth?.pass;
      // A careless server repeats what it was given; nothing of it may get further.
      if (isRight) callback(null, { user: auth.username });
      else callback(Object.assign(new Error(`5.7.8 no: ${auth.username} ${auth.password}`), { responseCode: 535 }));
    },
    onMailFrom(_address, session, callback) {
      if (behaviour === 'drop-at-mail') drop(session);
      else callback(refusalAt('mail'));
    },
    onRcptTo(_address, _session, callback) {
      callback(refusalAt('rcpt'));
    },
    onData(stream, session, callback) {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => void chunks.push(chunk));
      stream.on('end', () => {
        const refusal = refusalAt('data');
        if (refusal) return callback(refusal);
        if (stream.sizeExceeded) return callback(Object.assign(new Error('too large'), { responseCode: 552 }));
        if (behaviour === 'hang') {
          hanging++;
          return;
        }
        const raw = Buffer.concat(chunks).toString('latin1');
        mails.push({
          ...readMail(raw),
          raw,
          from: session.envelope.mailFrom ? session.envelope.mailFrom.address : '',
          to: session.envelope.rcptTo.map((recipient) => recipient.address),
          user: typeof session.user === 'string' ? session.user : undefined,
          isEncrypted: session.secure,
          connection: sockets.get(session.remotePort)?.number ?? 0,
        });
        if (behaviour === 'drop-after-data') drop(session);
        else callback(null, 'queued as test');
      });
    },
  });
  server.on('error', () => undefined);
  server.server.on('connection', (socket: Socket) => {
    const port = socket.remotePort ?? 0;
    sockets.set(port, { socket, number: ++connections });
    socket.once('close', () => sockets.delete(port));
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  const { port } = server.server.address() as AddressInfo;
  const dropConnections = (): void => {
    for (const { socket } of sockets.values()) socket.destroy();
  };
  return {
    port,
    url: `${options.tls === 'implicit' ? 'smtps' : 'smtp'}://127.0.0.1:${port}`,
    mails,
    connectionCount: () => connections,
    openConnections: () => sockets.size,
    logins: () => logins,
    hanging: () => hanging,
    behave: (next) => {
      behaviour = next;
    },
    dropConnections,
    async waitForMail(what, is, deadlineMs) {
      await waitUntil(`mail: ${what}`, () => mails.some(is), deadlineMs);
      const mail = mails.find(is);
      if (mail === undefined) throw new Error(`no mail: ${what}`);
      return mail;
    },
    async close() {
      // Node 26.10 crashes (SIGSEGV) when the socket below a TLS handshake is destroyed; the server ends those itself after its closeTimeout.
      if ((options.tls ?? 'none') === 'none') dropConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}
