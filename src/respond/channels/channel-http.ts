import type { LookupFunction } from 'node:net';
import { Agent, request as undiciRequest } from 'undici';
import type { z } from 'zod';
import type { EpochMs } from '../../domain/words.ts';
import {
  errorCodeOf,
  guardedLookup,
  isCertificateCode,
  isNeverCalled,
  neverCalledCode,
  wordsForCode,
} from '../../platform/http/outgoing.ts';

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

export function openChannelHttp(options: ChannelHttpOptions = {}): { http: ChannelHttp; close(): Promise<void> } {
  const timeoutMs = options.timeoutMs ?? 10_000;
  const maxBytes = options.maxBytes ?? 65_536;
  const agent = new Agent({
    connections: 16,
    connect: { timeout: timeoutMs, lookup: guardedLookup(options.lookup) },
  });
  return {
    async http(request) {
      const url = URL.canParse(request.url) ? new URL(request.url) : undefined;
      if (url === undefined || !['http:', 'https:'].includes(url.protocol)) {
        return { answered: false, retryable: false, reason: 'the address is not an http(s) URL' };
      }
      if (isNeverCalled(url)) return refuse(neverCalledCode);
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
        return refuse(signal.aborted ? 'ETIMEDOUT' : errorCodeOf(error));
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

function refuse(code: string): ChannelReply {
  const retryable = !isCertificateCode(code) && code !== neverCalledCode;
  return { answered: false, retryable, reason: wordsForCode(code) };
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
