import type { Socket } from 'node:net';
import { explainSocket, type Trace } from './connect.ts';

const maxBytes = 4096;

/**
 * Sends the text and reads until what came is enough, 4 KiB have come or the other side closes; gives what came, byte by byte as latin1. Destroys the
 * socket in every case. Rejects with the signal's reason, or CheckError.
 */
export function converse(
  socket: Socket,
  send: string,
  isEnough: (received: string) => boolean,
  signal: AbortSignal,
  trace: Trace,
): Promise<string> {
  const startedAt = performance.now();
  trace.stage = 'answer';
  return new Promise<string>((resolve, reject) => {
    let received = '';
    const abort = (): void => reject(signal.reason as Error);
    signal.addEventListener('abort', abort, { once: true });
    socket.on('error', (error) => reject(explainSocket(error, trace)));
    socket.on('data', (bytes: Buffer) => {
      if (trace.bytes === 0) trace.phases.firstByteMs = performance.now() - startedAt;
      trace.stage = 'transfer';
      trace.bytes += bytes.length;
      received = (received + bytes.toString('latin1')).slice(0, maxBytes);
      if (received.length === maxBytes || isEnough(received)) resolve(received);
    });
    socket.on('close', () => resolve(received));
    if (send !== '') socket.write(send);
    if (signal.aborted) abort();
  }).finally(() => {
    socket.destroy();
  });
}
