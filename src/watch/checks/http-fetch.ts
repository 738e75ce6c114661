import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { CheckError } from './check-kind.ts';
import { openSocket } from './connect.ts';
import { callHttp2 } from './http2-call.ts';
import { exchange, type HttpAnswer } from './http-answer.ts';
import type { HttpConfig } from './http-config.ts';
import type { CookieJar } from './http-cookies.ts';
import { openTunnel, proxyHeaders } from './http-proxy.ts';
import { type HttpRequest, nextRequest, requestBytes } from './http-request.ts';
import { type CertificateFacts, certificateFacts, startTls } from './start-tls.ts';
import { tlsWish } from './target-fields.ts';
import type { TracedRun } from './traced-run.ts';

/** How to connect, whatever is asked for. */
export type HttpRoute = Pick<
  HttpConfig,
  | 'addressFamily'
  | 'resolveTo'
  | 'verifyCertificate'
  | 'caCertificate'
  | 'clientCertificate'
  | 'proxy'
  | 'http2'
  | 'maxBodyBytes'
>;

/** What one run learns, so that a failure at any point can tell all of it. */
export interface HttpRun extends TracedRun {
  route: HttpRoute;
  /** The host that the configuration names, for which alone `resolveTo` and the client certificate hold. */
  hostname: string;
  redirects: string[];
  answer: HttpAnswer | undefined;
  certificate: CertificateFacts | undefined;
  /** Keeps what servers ask to be sent again; none where each request stands for itself. */
  cookies: CookieJar | undefined;
}

export const beginHttpRun = (run: TracedRun, route: HttpRoute): HttpRun => ({
  ...run,
  route,
  hostname: '',
  redirects: [],
  answer: undefined,
  certificate: undefined,
  cookies: undefined,
});

/** Asks once, on a connection of its own. */
async function fetchOnce(run: HttpRun, request: HttpRequest): Promise<HttpAnswer> {
  const { route, env, trace, secrets } = run;
  const { url } = request;
  const secure = url.protocol === 'https:';
  const host = url.hostname.startsWith('[') ? url.hostname.slice(1, -1) : url.hostname;
  const port = url.port === '' ? (secure ? 443 : 80) : Number(url.port);
  const isNamed = url.hostname === run.hostname;
  let socket: Socket;
  if (route.proxy) {
    socket = await openTunnel(route.proxy, { host, port, isTunnel: secure || route.http2 }, run);
  } else {
    const resolveTo = isNamed ? route.resolveTo : undefined;
    socket = await openSocket({ host, port, family: route.addressFamily, resolveTo }, env, trace);
  }
  run.certificate = undefined;
  if (secure) {
    const wish = tlsWish(route, host, secrets, [route.http2 ? 'h2' : 'http/1.1']);
    if (!isNamed) wish.identity = undefined;
    const tls: TLSSocket = await startTls(socket, wish, env, trace);
    run.certificate = certificateFacts(tls, env.now);
    socket = tls;
    if (route.http2 && tls.alpnProtocol !== 'h2') {
      tls.destroy();
      throw new CheckError('bad-answer', `${trace.peer} does not speak HTTP/2`);
    }
  }
  const options = { maxBodyBytes: route.maxBodyBytes, signal: env.signal };
  if (route.http2) return callHttp2(socket, request, options, trace);
  const absolute = route.proxy !== undefined && !secure ? proxyHeaders(route.proxy, secrets) : undefined;
  return exchange(socket, { method: request.method, bytes: requestBytes(request, absolute) }, options, trace);
}

/** Asks, and follows redirects at most so many times. The run keeps the answer also when this throws. */
export async function fetchAll(
  run: HttpRun,
  first: HttpRequest,
  redirects: { follow: boolean; max: number },
): Promise<HttpAnswer> {
  const { secrets } = run;
  let request = first;
  run.hostname = request.url.hostname;
  for (;;) {
    const answer = await fetchOnce(run, run.cookies?.attach(request) ?? request);
    run.answer = answer;
    run.cookies?.keep(request.url, answer);
    const next = redirects.follow ? nextRequest(request, answer, secrets) : undefined;
    if (!next) return answer;
    if (run.redirects.length >= redirects.max) {
      const many = run.redirects.length === 1 ? '1 redirect' : `${run.redirects.length} redirects`;
      throw new CheckError(
        'too-many-redirects',
        `still redirected after ${many}, now to ${secrets.hide(next.url.href).slice(0, 200)}`,
      );
    }
    run.redirects.push(secrets.hide(next.url.href).slice(0, 500));
    request = next;
  }
}
