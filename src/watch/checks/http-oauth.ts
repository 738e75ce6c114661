import { CheckError } from './check-kind.ts';
import { explainTimeout, newTrace } from './connect.ts';
import type { HttpConfig } from './http-config.ts';
import { beginHttpRun, fetchAll, type HttpRoute } from './http-fetch.ts';
import { bodyText, type HttpRequest } from './http-request.ts';
import type { TracedRun } from './traced-run.ts';

type Oauth = NonNullable<HttpConfig['oauth2']>;

interface KeptToken {
  text: string;
  usableUntilAt: number;
}

// Kept in memory only. Installations have few clients; a full cache is emptied, which costs a token each.
const kept = new Map<string, KeptToken>();
const maxKept = 500;
// A token is not used in its last seconds, in which it would expire on its way; one without a stated life is used this long (RFC 6749 leaves it open).
const reserveMs = 30_000;
const unstatedLifeMs = 60_000;
const maxAnswerBytes = 65_536;

/** A token, and how to drop it when the service does not take it any more. */
interface Token {
  text: string;
  isKept: boolean;
  forget(): void;
}

/** A token by client credentials (RFC 6749, section 4.4), kept until shortly before it expires. Throws CheckError. */
export async function tokenFor(oauth: Oauth, route: HttpRoute, run: TracedRun): Promise<Token> {
  const { env, secrets } = run;
  const clientSecret = secrets.fill(oauth.clientSecret);
  const key = JSON.stringify([oauth, clientSecret, route.caCertificate, route.proxy?.url]);
  const forget = (): void => void kept.delete(key);
  const known = kept.get(key);
  if (known && known.usableUntilAt > env.now) {
    secrets.remember(known.text);
    return { text: known.text, isKept: true, forget };
  }
  const { text, lifeMs } = await askForToken(oauth, clientSecret, route, run);
  secrets.remember(text);
  if (kept.size >= maxKept) kept.clear();
  kept.set(key, { text, usableUntilAt: env.now + lifeMs });
  return { text, isKept: false, forget };
}

async function askForToken(
  oauth: Oauth,
  clientSecret: string,
  route: HttpRoute,
  run: TracedRun,
): Promise<{ text: string; lifeMs: number }> {
  const request = tokenRequest(oauth, clientSecret, run);
  // The token server is another host, with phases of its own.
  const asking = beginHttpRun(
    { ...run, trace: newTrace() },
    { ...route, resolveTo: undefined, addressFamily: 'any', http2: false, maxBodyBytes: maxAnswerBytes },
  );
  try {
    const answer = await fetchAll(asking, request, { follow: false, max: 0 });
    const told = readToken(bodyText(answer, maxAnswerBytes));
    if (answer.status === 200 && told.token !== undefined) return { text: told.token, lifeMs: told.lifeMs };
    const why = told.error === undefined ? '' : ` (${told.error})`;
    throw new CheckError('bad-answer', `the token server gave no token: status ${answer.status}${why}`);
  } catch (error) {
    if (error === run.env.signal.reason) {
      throw new CheckError('timeout', `no token: ${explainTimeout(asking.trace, run.env.timeoutMs).message}`);
    }
    if (error instanceof CheckError && !error.message.startsWith('the token server')) {
      throw new CheckError(error.code, `no token: ${error.message}`);
    }
    throw error;
  }
}

function tokenRequest(oauth: Oauth, clientSecret: string, { secrets }: TracedRun): HttpRequest {
  const form = new URLSearchParams({ grant_type: 'client_credentials' });
  if (oauth.scope !== undefined) form.set('scope', oauth.scope);
  if (oauth.audience !== undefined) form.set('audience', oauth.audience);
  const headers = new Map([
    ['content-type', 'application/x-www-form-urlencoded'],
    ['accept', 'application/json'],
  ]);
  if (oauth.sendAs === 'body') {
    form.set('client_id', oauth.clientId);
    form.set('client_secret', clientSecret);
    // The form writes a space as +.
    secrets.remember(encodeURIComponent(clientSecret).replaceAll('%20', '+'));
  } else {
    // RFC 6749, section 2.3.1: both halves are encoded as in a form before they become Basic authentication.
    const encode = (text: string): string => new URLSearchParams({ x: text }).toString().slice(2);
    const pair = Buffer.from(`${encode(oauth.clientId)}:${encode(clientSecret)}`).toString('base64');
    secrets.remember(pair);
    headers.set('authorization', `Basic ${pair}`);
  }
  return { url: new URL(oauth.tokenUrl), method: 'POST', headers, body: form.toString(), sameOrigin: true };
}

function readToken(text: string): { token: string | undefined; lifeMs: number; error: string | undefined } {
  const body = parseObject(text);
  const { access_token: token, token_type: type, expires_in: life, error } = body;
  const isBearer = type === undefined || (typeof type === 'string' && type.toLowerCase() === 'bearer');
  const usable = typeof token === 'string' && /^[\x21-\x7e]{1,16384}$/.test(token) && isBearer;
  const seconds = typeof life === 'string' ? Number(life) : life;
  return {
    token: usable ? token : undefined,
    lifeMs:
      typeof seconds === 'number' && seconds > 0
        ? Math.max(0, Math.min(seconds * 1000, 86_400_000) - reserveMs)
        : unstatedLifeMs,
    error: typeof error === 'string' ? error.slice(0, 100) : undefined,
  };
}

function parseObject(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}
