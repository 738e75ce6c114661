import type { JsonObject } from '../../domain/words.ts';
import { CheckError, type CheckEnv, defineCheck, type Outcome } from './check-kind.ts';
import type { HttpAnswer } from './http-answer.ts';
import { type HttpConfig, httpSchema } from './http-config.ts';
import { compileExpectations, type Judge } from './http-expect.ts';
import { beginHttpRun, fetchAll, type HttpRun } from './http-fetch.ts';
import { tokenFor } from './http-oauth.ts';
import { bodyText, firstRequest, type HttpRequest } from './http-request.ts';
import { createSecrets, type Secrets } from './secrets.ts';
import { beginRun, concludeRun, elapsedMs } from './traced-run.ts';

const redirectsOf = (config: HttpConfig) => ({ follow: config.followRedirects, max: config.maxRedirects });

const requestOf = (run: HttpRun, config: HttpConfig): HttpRequest =>
  preparedOf(config).fixedRequest ?? firstRequest(config, run.secrets);

/** Asks with a token, and once more with a new one when a kept token is refused. */
async function askWithToken(
  run: HttpRun,
  config: HttpConfig,
  oauth: NonNullable<HttpConfig['oauth2']>,
): Promise<HttpAnswer> {
  const request = requestOf(run, config);
  const token = await tokenFor(oauth, config, run);
  const answer = await fetchAll(run, withToken(request, token.text), redirectsOf(config));
  if (answer.status !== 401) return answer;
  token.forget();
  if (!token.isKept) return answer;
  const fresh = await tokenFor(oauth, config, run);
  run.redirects.length = 0;
  return fetchAll(run, withToken(request, fresh.text), redirectsOf(config));
}

const withToken = (request: HttpRequest, token: string): HttpRequest => ({
  ...request,
  headers: new Map(request.headers).set('authorization', `Bearer ${token}`),
});

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

/** Throws CheckError `assertion-failed` with what is not as expected. */
export function judgeAnswer(judges: readonly Judge[], run: HttpRun, answer: HttpAnswer, totalMs: number): void {
  let text: string | undefined;
  const facts = {
    status: answer.status,
    headers: answer.headers,
    text: () => (text ??= bodyText(answer, run.route.maxBodyBytes)),
    truncated: answer.truncated,
    totalMs,
    certificate: run.certificate,
  };
  const wrong = judges.flatMap((one) => one(facts) ?? []);
  if (wrong.length > 0) throw new CheckError('assertion-failed', wrong.slice(0, 3).join('; '));
}

const shownHeaders = 30;
const shownBody = 2000;
const maxShownSource = 262_144;

/** The evidence. A failure shows the answer itself; a success only what a list needs. */
export function observeAnswer(run: HttpRun, withAnswer: boolean): JsonObject {
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
  const run = beginHttpRun(beginRun(env), config);
  return concludeRun(
    run,
    async () => {
      // One promise less for most checks, which run by the thousand.
      const answer = await (config.oauth2
        ? askWithToken(run, config, config.oauth2)
        : fetchAll(run, requestOf(run, config), redirectsOf(config)));
      judgeAnswer(preparedOf(config).judges, run, answer, elapsedMs(run));
    },
    (ok) => observeAnswer(run, !ok),
  );
}

/** A request over HTTP/1.1 or HTTP/2 on a connection of its own, from the name to the last byte. */
export const httpCheck = defineCheck({
  kind: 'http',
  label: 'HTTP',
  summary:
    'A request over HTTP or HTTPS on a new connection each time, and expectations on its answer. It measures the name, the connection, TLS, the first byte and the rest.',
  example: {
    url: 'https://example.com/health',
    bearer: '${env:HEALTH_TOKEN}',
    expect: [
      { on: 'status', in: ['200'] },
      { on: 'json', path: '$.parts[*].healthy', is: 'equals', value: true },
      { on: 'response-time', belowMs: 500 },
      { on: 'certificate', daysLeft: 14 },
    ],
  },
  schema: httpSchema,
  hostOf: (config) => new URL(config.url).host,
  run: runHttp,
});
