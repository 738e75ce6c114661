import { lookup as systemLookup } from 'node:dns';
import { BlockList, isIP, type LookupFunction } from 'node:net';
import { Agent, request as undiciRequest } from 'undici';
import type { z } from 'zod';
import type { EpochMs } from '../../domain/words.ts';

export interface ChannelRequest {
  method: 'POST' | 'PUT' | 'PATCH' | 'GET';
  url: string;
  headers: Record<string, string>;
  body?: string | Uint8Array;
}

export type ChannelReply =
  | { answered: true; status: number; retryAfter: string | undefined; body: string }
  | { answered: false; retryable: boolean; reason: string };

/**
 * One request with one time limit over all of it. Follows no redirect, ever: a page and its credentials go to the configured address or nowhere.
 * Reads a bounded part of the answer, and never connects to a cloud's metadata service. Resolves for every failure.
 */
export type ChannelHttp = (request: ChannelRequest) => Promise<ChannelReply>;

/** Not delivered. `retryable`: the same page may succeed later although nobody changes the configuration. */
export interface Refusal {
  ok: false;
  retryable: boolean;
  /** One line for people, without secrets. */
  reason: string;
  retryAfterMs?: number;
}

export interface ChannelHttpOptions {
  /** Default 10 s. */
  timeoutMs?: number;
  /** Of the answer's body; what is beyond is not read. Default 64 KiB. */
  maxBytes?: number;
  lookup?: LookupFunction;
}

// Link-local addresses and the other places where clouds hand credentials to whoever asks from inside (AWS, Alibaba, Azure, Oracle).
const forbidden = new BlockList();
forbidden.addSubnet('169.254.0.0', 16, 'ipv4');
forbidden.addSubnet('fe80::', 10, 'ipv6');
forbidden.addAddress('fd00:ec2::254', 'ipv6');
forbidden.addAddress('100.100.100.200', 'ipv4');
forbidden.addAddress('168.63.129.16', 'ipv4');
forbidden.addAddress('192.0.0.192', 'ipv4');
// The same, seen through NAT64.
forbidden.addSubnet('64:ff9b::a9fe:0', 112, 'ipv6');

const isForbidden = (address: string): boolean => forbidden.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4');

const forbiddenCode = 'EFORBIDDEN';

/** Checks the address that is really connected to, so that a name cannot point elsewhere between check and use. */
function guard(lookup: LookupFunction): LookupFunction {
  return (hostname, options, callback) =>
    lookup(hostname, options, (error, address, family) => {
      const found = typeof address === 'string' ? [address] : (address ?? []).map((entry) => entry.address);
      if (!error && found.some(isForbidden)) {
        callback(Object.assign(new Error('forbidden address'), { code: forbiddenCode }), '', 0);
      } else callback(error, address, family);
    });
}

export function openChannelHttp(options: ChannelHttpOptions = {}): { http: ChannelHttp; close(): Promise<void> } {
  const timeoutMs = options.timeoutMs ?? 10_000;
  const maxBytes = options.maxBytes ?? 65_536;
  const agent = new Agent({
    connections: 16,
    connect: { timeout: timeoutMs, lookup: guard(options.lookup ?? (systemLookup as LookupFunction)) },
  });
  return {
    async http(request) {
      const url = URL.canParse(request.url) ? new URL(request.url) : undefined;
      if (url === undefined || !['http:', 'https:'].includes(url.protocol)) {
        return { answered: false, retryable: false, reason: 'the address is not an http(s) URL' };
      }
      const host = url.hostname.replace(/^\[|\]$/g, '');
      if (isIP(host) !== 0 && isForbidden(host)) return refuse(forbiddenCode);
      const signal = AbortSignal.timeout(timeoutMs);
      try {
        const answer = await undiciRequest(url, {
          dispatcher: agent,
          method: request.method,
          headers: { 'user-agent': 'HugOps', ...request.headers },
          body: request.body ?? null,
          signal,
        });
        const retryAfter = answer.headers['retry-after'];
        return {
          answered: true,
          status: answer.statusCode,
          retryAfter: typeof retryAfter === 'string' ? retryAfter : undefined,
          body: await readSome(answer.body, maxBytes),
        };
      } catch (error) {
        return refuse(signal.aborted ? 'ETIMEDOUT' : codeOf(error));
      }
    },
    close: () => agent.destroy(),
  };
}

/** The first bytes of the body. The status has been given by then, so a body that breaks off is no failure. */
async function readSome(body: AsyncIterable<Uint8Array> & { destroy(): void }, maxBytes: number): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  try {
    for await (const chunk of body) {
      chunks.push(chunk);
      size += chunk.length;
      if (size >= maxBytes) break;
    }
  } catch {
    body.destroy();
  }
  return Buffer.concat(chunks).subarray(0, maxBytes).toString('utf8').toWellFormed();
}

function codeOf(error: unknown): string {
  const { code, cause } = error as { code?: unknown; cause?: { code?: unknown } };
  return typeof code === 'string' ? code : typeof cause?.code === 'string' ? cause.code : 'EUNKNOWN';
}

const words: Record<string, string> = {
  ETIMEDOUT: 'no answer in time',
  UND_ERR_CONNECT_TIMEOUT: 'no answer in time',
  UND_ERR_HEADERS_TIMEOUT: 'no answer in time',
  ECONNREFUSED: 'the connection was refused',
  ECONNRESET: 'the connection broke before the answer',
  UND_ERR_SOCKET: 'the connection broke before the answer',
  EPIPE: 'the connection broke before the answer',
  ENOTFOUND: 'the host name cannot be found',
  EAI_AGAIN: 'the host name could not be looked up now',
  EHOSTUNREACH: 'the host cannot be reached',
  ENETUNREACH: 'the network cannot be reached',
  [forbiddenCode]: 'the address belongs to a link-local or metadata service, which is never called',
};

/** Fixed words for a code: an error's own message may quote the URL, and the URL may be the secret. */
function refuse(code: string): ChannelReply {
  const isCertificate = /CERT|SIGNATURE|_CHAIN|UNABLE_TO|ERR_TLS|ERR_SSL|EPROTO/.test(code);
  const reason =
    words[code] ?? (isCertificate ? `the certificate is not valid (${code})` : `the request failed (${code})`);
  return { answered: false, retryable: !isCertificate && code !== forbiddenCode, reason };
}

// Longer than this is no answer to "when", and a page cannot wait for it.
const maxRetryAfterMs = 3_600_000;

/** The same refusal with the wait that the provider names in its answer's body, in milliseconds; what is no such number changes nothing. */
export function waitingAsTold(refusal: Refusal, ms: number | undefined): Refusal {
  if (!refusal.retryable || ms === undefined || !Number.isFinite(ms)) return refusal;
  return { ...refusal, retryAfterMs: Math.min(Math.max(Math.ceil(ms), 0), maxRetryAfterMs) };
}

/** The body as `expected` describes it; undefined for everything else. */
export function readJson<S extends z.ZodType>(body: string, expected: S): z.output<S> | undefined {
  try {
    return expected.safeParse(JSON.parse(body)).data;
  } catch {
    return undefined;
  }
}

export const basicAuthorization = (user: string, password: string): string =>
  `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;

/** Retry-After as seconds or as an HTTP date (RFC 9110, section 10.2.3), between 0 and an hour. */
export function retryAfterMs(header: string | undefined, now: EpochMs): number | undefined {
  if (header === undefined) return undefined;
  const ms = /^\s*\d+\s*$/.test(header) ? Number(header) * 1000 : Date.parse(header) - now;
  return Number.isNaN(ms) ? undefined : Math.min(Math.max(ms, 0), maxRetryAfterMs);
}

/**
 * The usual reading of an HTTP status that is not a success: 408, 425, 429 and 5xx may pass by themselves; redirects and every other 4xx need
 * somebody to change the configuration, so that the next contact method is used at once instead.
 */
export function refusedByStatus(reply: ChannelReply, now: EpochMs, who: string, detail = ''): Refusal {
  if (!reply.answered) return { ok: false, retryable: reply.retryable, reason: `${who}: ${reply.reason}` };
  const { status } = reply;
  const retryable = status === 408 || status === 425 || status === 429 || status >= 500;
  const isRedirect = status >= 300 && status < 400;
  const said = detail === '' ? '' : `: ${detail}`;
  const reason = isRedirect
    ? `${who} redirects elsewhere (${status}), which is not followed: enter the final address`
    : `${who} answered ${status}${said}`;
  const wait = retryable ? retryAfterMs(reply.retryAfter, now) : undefined;
  return wait === undefined ? { ok: false, retryable, reason } : { ok: false, retryable, reason, retryAfterMs: wait };
}
