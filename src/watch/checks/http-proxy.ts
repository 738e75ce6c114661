import { isIP, type Socket } from 'node:net';
import { CheckError } from './check-kind.ts';
import { allowed, endpoint, explainSocket, openSocket } from './connect.ts';
import { AnswerReader } from './http-answer.ts';
import type { HttpConfig } from './http-config.ts';
import type { Secrets } from './secrets.ts';
import type { TracedRun } from './traced-run.ts';

type Proxy = NonNullable<HttpConfig['proxy']>;

/** What goes to the proxy and to nobody else. */
export function proxyHeaders(proxy: Proxy, secrets: Secrets): string {
  if (proxy.username === undefined) return '';
  const password = proxy.password === undefined ? '' : secrets.fill(proxy.password);
  const encoded = Buffer.from(`${proxy.username}:${password}`).toString('base64');
  secrets.remember(encoded);
  return `proxy-authorization: Basic ${encoded}\r\n`;
}

/**
 * A connection to the proxy; where it is to be a tunnel, to the target through it (CONNECT, RFC 9110, section 9.3.6). The proxy looks names up
 * itself, so here only a target that is written as an address can be judged. Throws CheckError.
 */
export async function openTunnel(
  proxy: Proxy,
  target: { host: string; port: number; isTunnel: boolean },
  run: TracedRun,
): Promise<Socket> {
  const { env, trace, secrets } = run;
  if (isIP(target.host) !== 0) allowed([target.host], target, env);
  const url = new URL(proxy.url);
  const host = url.hostname.startsWith('[') ? url.hostname.slice(1, -1) : url.hostname;
  const socket = await openSocket({ host, port: Number(url.port || 80), family: 'any' }, env, trace);
  const proxyPeer = `the proxy ${trace.peer}`;
  trace.peer = proxyPeer;
  if (!target.isTunnel) return socket;
  const to = endpoint(target.host, target.port);
  const head = `CONNECT ${to} HTTP/1.1\r\nhost: ${to}\r\n${proxyHeaders(proxy, secrets)}\r\n`;
  trace.stage = 'answer';
  await readTunnelAnswer(socket, head, run);
  trace.peer = `${to} (by ${proxyPeer})`;
  return socket;
}

function readTunnelAnswer(socket: Socket, head: string, { env, trace }: TracedRun): Promise<void> {
  const reader = new AnswerReader('HEAD', 0);
  return new Promise<void>((resolve, reject) => {
    const leave = (): void => {
      env.signal.removeEventListener('abort', abort);
      socket.off('data', take).off('end', ended).off('close', ended).off('error', fail);
    };
    const fail = (error: Error): void => {
      leave();
      // What still comes of it is nobody's business any more.
      socket.on('error', () => undefined).destroy();
      reject(error === env.signal.reason ? error : explainSocket(error, trace));
    };
    const abort = (): void => fail(env.signal.reason as Error);
    const ended = (): void =>
      fail(new CheckError('closed-early', `${trace.peer} closed the connection instead of opening a tunnel`));
    const take = (bytes: Buffer): void => {
      try {
        if (!reader.push(bytes)) return;
      } catch (error) {
        return fail(error as Error);
      }
      const { status } = reader.answer;
      if (status >= 200 && status < 300) {
        leave();
        socket.pause();
        return resolve();
      }
      const why =
        status === 407 ? 'wants another user name or password' : `refused to open a tunnel (status ${status})`;
      fail(new CheckError('bad-answer', `${trace.peer} ${why}`));
    };
    if (env.signal.aborted) return abort();
    env.signal.addEventListener('abort', abort, { once: true });
    socket.on('data', take).on('end', ended).on('close', ended).on('error', fail);
    socket.write(head);
  });
}
