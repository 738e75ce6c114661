import type { TLSSocket } from 'node:tls';
import type { JsonObject } from '../../domain/words.ts';
import { CheckError, type CheckEnv, defineCheck, type Outcome } from './check-kind.ts';
import { openSocket } from './connect.ts';
import { exchange, type HttpAnswer } from './http-answer.ts';
import { bodyText, firstRequest, type HttpRequest, nextRequest, requestBytes } from './http-request.ts';
import { type HttpConfig, httpSchema } from './http-config.ts';
import { compileExpectations, type Judge } from './http-expect.ts';
import { createSecrets, type Secrets } from './secrets.ts';
import { type CertificateFacts, certificateFacts, startTls } from './tls.ts';
import { beginRun, concludeRun, elapsedMs, type TracedRun } from './traced-run.ts';

/** What one run learns, so that a failure at any point can tell all of it. */
interface Run extends TracedRun {
  config: HttpConfig;
  /** The host that the configuration names, for which alone `resolveTo` holds. */
  hostname: string;
  redirects: string[];
  answer: HttpAnswer | undefined;
  certificate: CertificateFacts | undefined;
}

async function fetchOnce(run: Run, request: HttpRequest): Promise<HttpAnswer> {
  const { config, env, trace } = run;
  const { url } = request;
  const secure = url.protocol === 'https:';
  const host = url.hostname.startsWith('[') ? url.hostname.slice(1, -1) : url.hostname;
  const port = url.port === '' ? (secure ? 443 : 80) : Number(url.port);
  const resolveTo = url.hostname === run.hostname ? config.resolveTo : undefined;
  const plain = await openSocket({ host, port, family: config.addressFamily, resolveTo }, env, trace);
  let socket = plain;
  run.certificate = undefined;
  if (secure) {
    const ca = config.caCertificate === undefined ? undefined : run.secrets.fill(config.caCertificate);
    const wish = { serverName: host, verify: config.verifyCertificate, ca };
    const tls: TLSSocket = await startTls(plain, wish, env, trace);
    run.certificate = certificateFacts(tls, env.now);
    socket = tls;
  }
  const wire = { method: request.method, bytes: requestBytes(request) };
  return exchange(socket, wire, { maxBodyBytes: config.maxBodyBytes, signal: env.signal }, trace);
}

async function fetchAll(run: Run): Promise<HttpAnswer> {
  const { config, secrets } = run;
  const { fixedRequest } = preparedOf(config);
  let request = fixedRequest ?? firstRequest(config, secrets);
  run.hostname = request.url.hostname;
  for (;;) {
    const answer = await fetchOnce(run, request);
    run.answer = answer;
    const next = config.followRedirects ? nextRequest(request, answer, secrets) : undefined;
    if (!next) return answer;
    if (run.redirects.length >= config.maxRedirects) {
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

interface Prepared {
  judges: Judge[];
  /** The request where no secret is filled in, and it is the same each time. */
  fixedRequest: HttpRequest | undefined;
}

// Made once a configuration, and forgotten with it.
const prepared = new WeakMap<HttpConfig, Prepared>();

function preparedOf(config: HttpConfig): Prepared {
  const known = prepared.get(config);
  if (known) return known;
  const { expect, ...asked } = config;
  const isFixed = !JSON.stringify(asked).includes('${');
  const made: Prepared = {
    judges: compileExpectations(expect),
    fixedRequest: isFixed ? firstRequest(config, createSecrets({ resolveSecret: () => undefined })) : undefined,
  };
  prepared.set(config, made);
  return made;
}

function judge(run: Run, answer: HttpAnswer, totalMs: number): void {
  let text: string | undefined;
  const facts = {
    status: answer.status,
    headers: answer.headers,
    text: () => (text ??= bodyText(answer, run.config.maxBodyBytes)),
    truncated: answer.truncated,
    totalMs,
    certificate: run.certificate,
  };
  const wrong = preparedOf(run.config).judges.flatMap((one) => one(facts) ?? []);
  if (wrong.length > 0) throw new CheckError('assertion-failed', wrong.slice(0, 3).join('; '));
}

const shownHeaders = 30;
const shownBody = 2000;
const maxShownSource = 262_144;

/** The evidence. A failure shows the answer itself; a success only what a list needs. */
function observe(run: Run, withAnswer: boolean): JsonObject {
  const { answer, trace, redirects, certificate, secrets } = run;
  const seen: JsonObject = { peer: trace.peer };
  if (answer) {
    seen['status'] = answer.status;
    seen['bodyBytes'] = answer.body.length;
    if (answer.truncated) seen['truncated'] = true;
  }
  if (redirects.length > 0) seen['redirects'] = redirects.slice(0, 20);
  if (certificate) seen['certificate'] = certificate.observed;
  if (answer && withAnswer) {
    const kept = [...answer.headers].slice(0, shownHeaders).filter(([name]) => name !== 'set-cookie');
    seen['headers'] = Object.fromEntries(kept.map(([name, value]) => [name, secrets.hide(value).slice(0, 200)]));
    seen['body'] = shownText(answer, secrets);
  }
  return seen;
}

function shownText(answer: HttpAnswer, secrets: Secrets): string {
  try {
    // Cut after hiding, so that no half of a secret is left at the cut. PostgreSQL keeps no NUL.
    return secrets.hide(bodyText(answer, maxShownSource)).slice(0, shownBody).replaceAll('\0', '\uFFFD');
  } catch (error) {
    if (error instanceof CheckError) return '';
    throw error;
  }
}

function runHttp(config: HttpConfig, env: CheckEnv): Promise<Outcome> {
  const run: Run = {
    ...beginRun(env),
    config,
    hostname: '',
    redirects: [],
    answer: undefined,
    certificate: undefined,
  };
  return concludeRun(
    run,
    async () => judge(run, await fetchAll(run), elapsedMs(run)),
    (ok) => observe(run, !ok),
  );
}

/** A request over HTTP/1.1 on a connection of its own, from the name to the last byte. */
export const httpCheck = defineCheck({
  kind: 'http',
  label: 'HTTP',
  schema: httpSchema,
  hostOf: (config) => new URL(config.url).host,
  run: runHttp,
});
