import { connect, type ClientHttp2Session, type IncomingHttpHeaders } from 'node:http2';
import type { Socket } from 'node:net';
import { CheckError } from './check-kind.ts';
import { explainSocket, type Trace } from './connect.ts';
import type { HttpAnswer } from './http-answer.ts';
import type { HttpRequest } from './http-request.ts';

/** An answer over HTTP/2, with what was sent after the body. */
export interface Http2Answer extends HttpAnswer {
  trailers: Map<string, string>;
}

type Http2Request = Pick<HttpRequest, 'url' | 'method' | 'headers'> & { body?: string | Buffer | undefined };

const maxHeaderBytes = 65_536;

/** One request on a connected socket over HTTP/2 (RFC 9113). The socket is destroyed in every case. Rejects with the signal's reason, or CheckError. */
export function callHttp2(
  socket: Socket,
  request: Http2Request,
  options: { maxBodyBytes: number; signal: AbortSignal },
  trace: Trace,
): Promise<Http2Answer> {
  const { signal } = options;
  const startedAt = performance.now();
  trace.stage = 'answer';
  trace.bytes = 0;
  let session: ClientHttp2Session | undefined;
  let firstAt = 0;
  let abort = (): void => undefined;
  const answered = new Promise<Http2Answer>((resolve, reject) => {
    const fail = (error: Error): void => reject(error === signal.reason ? error : explainHttp2(error, trace));
    abort = (): void => fail(signal.reason as Error);
    if (signal.aborted) return abort();
    signal.addEventListener('abort', abort, { once: true });
    session = connect(request.url.origin, {
      createConnection: () => socket,
      maxHeaderListPairs: 200,
      settings: { enablePush: false, maxHeaderListSize: maxHeaderBytes },
    });
    session.on('error', fail);
    session.on('close', () =>
      fail(new CheckError('closed-early', `${trace.peer} closed the connection before the answer was complete`)),
    );
    const answer: Http2Answer = {
      status: 0,
      headers: new Map(),
      trailers: new Map(),
      body: Buffer.alloc(0),
      truncated: false,
    };
    const chunks: Buffer[] = [];
    let size = 0;
    const finish = (): void => {
      answer.body = Buffer.concat(chunks);
      resolve(answer);
    };
    const stream = session.request(headersOf(request), { endStream: request.body === undefined });
    stream.on('error', fail);
    // A stream that is cancelled ends without an error.
    stream.on('close', () =>
      fail(
        new CheckError('bad-answer', `${trace.peer} broke the HTTP/2 request off (${reasonOf(stream.rstCode ?? 0)})`),
      ),
    );
    stream.on('response', (headers) => {
      firstAt = performance.now();
      trace.phases.firstByteMs = (trace.phases.firstByteMs ?? 0) + firstAt - startedAt;
      trace.stage = 'transfer';
      answer.status = Number(headers[':status'] ?? 0);
      answer.headers = plainHeaders(headers);
    });
    stream.on('trailers', (headers) => (answer.trailers = plainHeaders(headers)));
    stream.on('data', (bytes: Buffer) => {
      trace.bytes += bytes.length;
      const room = options.maxBodyBytes - size;
      const part = bytes.subarray(0, room);
      chunks.push(part);
      size += part.length;
      if (bytes.length <= room) return;
      answer.truncated = true;
      finish();
    });
    stream.on('end', () => {
      if (answer.status !== 0 && stream.rstCode === 0) finish();
    });
    if (request.body !== undefined) stream.end(request.body);
  });
  return answered.finally(() => {
    signal.removeEventListener('abort', abort);
    if (firstAt > 0) trace.phases.transferMs = (trace.phases.transferMs ?? 0) + performance.now() - firstAt;
    session?.destroy();
    socket.destroy();
  });
}

function headersOf({ url, method, headers }: Http2Request): Record<string, string> {
  const sent: Record<string, string> = {
    ':method': method,
    ':scheme': url.protocol.slice(0, -1),
    ':authority': url.host,
    ':path': `${url.pathname}${url.search}`,
  };
  if (!headers.has('user-agent')) sent['user-agent'] = 'HugOps';
  if (!headers.has('accept')) sent['accept'] = '*/*';
  for (const [name, value] of headers) sent[name] = value;
  return sent;
}

function plainHeaders(headers: IncomingHttpHeaders): Map<string, string> {
  const plain = new Map<string, string>();
  for (const [name, value] of Object.entries(headers)) {
    if (name.startsWith(':') || value === undefined) continue;
    plain.set(name, Array.isArray(value) ? value.join(', ') : value);
  }
  return plain;
}

// RFC 9113, section 7.
const resetReasons = [
  'no error',
  'protocol error',
  'internal error',
  'flow control error',
  'settings time-out',
  'stream closed',
  'frame size error',
  'refused',
  'cancelled',
  'compression error',
  'connect error',
  'enhance your calm',
  'inadequate security',
  'HTTP/1.1 required',
];
const reasonOf = (code: number): string => resetReasons[code] ?? `code ${code}`;

function explainHttp2(error: Error, trace: Trace): Error {
  if (error instanceof CheckError) return error;
  const { code = '' } = error as NodeJS.ErrnoException;
  if (code === 'ERR_HTTP2_STREAM_ERROR' || code === 'ERR_HTTP2_SESSION_ERROR') {
    const named = /NGHTTP2_(\w+)/.exec(error.message)?.[1]?.toLowerCase().replaceAll('_', ' ');
    const reason = named ?? reasonOf(Number(/\d+/.exec(error.message)?.[0] ?? 0));
    return new CheckError('bad-answer', `${trace.peer} broke the HTTP/2 request off (${reason})`);
  }
  if (code === 'ERR_HTTP2_ERROR') return new CheckError('bad-answer', `${trace.peer} does not speak HTTP/2`);
  if (code.startsWith('ERR_HTTP2_')) {
    return new CheckError('bad-answer', `the HTTP/2 answer of ${trace.peer} broke off (${code})`);
  }
  return explainSocket(error, trace);
}
