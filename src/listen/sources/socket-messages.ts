import { createMessageQueue, type MessageQueue } from './message-queue.ts';
import { SourceError } from './source.ts';

export interface SocketMessages extends MessageQueue {
  /** Resolves when the connection stands. Rejects with SourceError. */
  opened: Promise<void>;
  close(): void;
}

/** Texts of a WebSocket. Bytes are no message of the protocols that are spoken here, and are left out. */
export function openSocketMessages(url: URL, protocols: string[], stop: AbortSignal): SocketMessages {
  const socket = new WebSocket(url, protocols);
  const queue = createMessageQueue(() => socket.close());
  // Not waiting for the other side's farewell, which may never come.
  const close = (): void => {
    queue.end(new SourceError('let go of'));
    socket.close();
  };
  const { promise: opened, resolve, reject } = Promise.withResolvers<void>();
  opened.catch(() => undefined);
  socket.addEventListener('open', () => resolve());
  socket.addEventListener('message', ({ data }) => {
    if (typeof data === 'string') queue.push(data);
  });
  socket.addEventListener('close', ({ code, reason }) => {
    const said = reason === '' ? '' : `: ${reason}`;
    const error = new SourceError(
      code === 1006 ? `the connection to ${url.host} broke off` : `${url.host} closed the connection (${code}${said})`,
    );
    queue.end(error);
    reject(error);
  });
  // What follows says more: a close event comes in any case.
  socket.addEventListener('error', () => undefined);
  stop.addEventListener('abort', close, { once: true });
  return {
    ...queue,
    opened,
    close() {
      stop.removeEventListener('abort', close);
      close();
    },
  };
}
