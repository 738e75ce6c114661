import type { AddressInfo, Socket } from 'node:net';
import { SMTPServer } from 'smtp-server';
import type { EpochMs } from '../../../domain/words.ts';
import { readMail } from './read-mail.ts';

export interface WorldMail {
  /** When it came, by the clock of the scenario. */
  readonly at: EpochMs;
  readonly to: string;
  readonly subject: string;
  readonly text: string;
}

export interface Mailbox {
  readonly url: string;
  /** All mails that came, in order. */
  readonly mails: readonly WorldMail[];
  close(): Promise<void>;
}

/** A real SMTP server on loopback, where the mails of the scenario's people arrive and stay. */
export async function openMailbox(now: () => EpochMs): Promise<Mailbox> {
  const mails: WorldMail[] = [];
  const sockets = new Set<Socket>();
  const server = new SMTPServer({
    disabledCommands: ['STARTTLS', 'AUTH'],
    authOptional: true,
    disableReverseLookup: true,
    closeTimeout: 100,
    onData(stream, session, callback) {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => void chunks.push(chunk));
      stream.on('end', () => {
        const { subject, text } = readMail(Buffer.concat(chunks).toString('latin1'));
        for (const { address } of session.envelope.rcptTo) mails.push({ at: now(), to: address, subject, text });
        callback();
      });
    },
  });
  server.on('error', () => undefined);
  server.server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  return {
    url: `smtp://127.0.0.1:${(server.server.address() as AddressInfo).port}`,
    mails,
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}
