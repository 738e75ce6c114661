import { type IncomingMessage, request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { isIP, isIPv4, type LookupFunction } from 'node:net';
import type { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { classifyAddress } from '../checks/address-rules.ts';
import { CheckError } from '../checks/check-kind.ts';
import { createHostResolver, type ResolveHost } from '../checks/resolve-host.ts';
import { maxFeedBytes } from './format.ts';

interface FeedRequest {
  url: string;
  accept: string;
  /** From the last answer, so that the provider need not send the same again. */
  etag: string | null;
  lastModified: string | null;
}

export type FeedReply =
  | { kind: 'feed'; bytes: Uint8Array; contentType: string; etag: string | null; lastModified: string | null }
  | { kind: 'unchanged' }
  | { kind: 'failed'; reason: string; retryAfter: string | undefined };

/** Asks for a feed. Resolves for every failure, with a reason for people; ends at its time-out and within 5 MB, packed or not. */
export type FeedHttp = (request: FeedRequest, stop: AbortSignal) => Promise<FeedReply>;

export interface FeedHttpOptions {
  allowPrivateNetworks: boolean;
  resolveHost?: ResolveHost;
  /** The authority to trust instead of the well-known ones, in PEM. */
  ca?: string;
  /** Over everything: names, connections, redirects, the whole body. 10 s by default. */
  timeoutMs?: number;
}

const maxRedirects = 5;
const redirects = new Set([301, 302, 303, 307, 308]);

class FeedTrouble extends Error {
  readonly retryAfter: string | undefined;
  constructor(message: string, retryAfter?: string) {
    super(message);
    this.retryAfter = retryAfter;
  }
}

export function openFeedHttp(options: FeedHttpOptions): FeedHttp {
  const resolveHost = options.resolveHost ?? createHostResolver();
  const timeoutMs = options.timeoutMs ?? 10_000;
  return async (request, stop) => {
    const timeout = AbortSignal.timeout(timeoutMs);
    const signal = AbortSignal.any([timeout, stop]);
    try {
      let url = new URL(request.url);
      for (let hops = 0; ; hops++) {
        const answer = await ask(url, request, { ...options, resolveHost, signal });
        const next = redirectOf(answer, url);
        if (next === undefined) return await readAnswer(answer, signal);
        answer.destroy();
        if (hops >= maxRedirects) throw new FeedTrouble(`it redirects more than ${maxRedirects} times`);
        url = next;
      }
    } catch (error) {
      if (timeout.aborted) return failed(`no complete answer within ${timeoutMs / 1000} s`);
      if (stop.aborted) return failed('stopped');
      if (error instanceof FeedTrouble) return failed(error.message, error.retryAfter);
      return failed(error instanceof CheckError ? error.message : wordsFor(error));
    }
  };
}

const failed = (reason: string, retryAfter?: string): FeedReply => ({ kind: 'failed', reason, retryAfter });

interface Call {
  allowPrivateNetworks: boolean;
  ca?: string;
  resolveHost: ResolveHost;
  signal: AbortSignal;
}

/** One request. Every address is judged, and exactly the judged ones are connected to. */
async function ask(url: URL, { accept, etag, lastModified }: FeedRequest, call: Call): Promise<IncomingMessage> {
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const addresses = await call.resolveHost(host, 'any', call.signal);
  const allowed = addresses.filter((address) => {
    const place = classifyAddress(address);
    return place === 'public' || (place === 'private' && call.allowPrivateNetworks);
  });
  if (allowed.length === 0) throw new FeedTrouble(`${host} is at an address where feeds may not be asked for`);
  const lookup: LookupFunction = (_name, _options, callback) =>
    callback(
      null,
      allowed.map((address) => ({ address, family: isIPv4(address) ? 4 : 6 })),
    );
  const send = url.protocol === 'https:' ? httpsRequest : httpRequest;
  return new Promise((resolve, reject) => {
    const request = send(url, {
      agent: false,
      signal: call.signal,
      headers: {
        accept,
        'accept-encoding': 'gzip',
        'user-agent': 'HugOps',
        ...(etag === null ? {} : { 'if-none-match': etag }),
        ...(lastModified === null ? {} : { 'if-modified-since': lastModified }),
      },
      ...(isIP(host) === 0 ? { lookup } : {}),
      ...(call.ca === undefined ? {} : { ca: call.ca }),
    });
    request.on('response', resolve);
    request.on('error', reject);
    request.end();
  });
}

function redirectOf(answer: IncomingMessage, from: URL): URL | undefined {
  const { location } = answer.headers;
  if (!redirects.has(answer.statusCode ?? 0) || location === undefined) return undefined;
  const to = URL.canParse(location, from) ? new URL(location, from) : undefined;
  if (to === undefined || !/^https?:$/.test(to.protocol))
    throw new FeedTrouble('it redirects to what is no web address');
  if (from.protocol === 'https:' && to.protocol !== 'https:')
    throw new FeedTrouble('it redirects to an address without TLS');
  return to;
}

async function readAnswer(answer: IncomingMessage, signal: AbortSignal): Promise<FeedReply> {
  const { statusCode: status = 0, headers } = answer;
  if (status !== 200) {
    answer.destroy();
    if (status === 304) return { kind: 'unchanged' };
    throw new FeedTrouble(`it answers ${status}`, headers['retry-after']);
  }
  const bytes = await readBody(answer, signal);
  return {
    kind: 'feed',
    bytes,
    contentType: headers['content-type'] ?? '',
    etag: headerOf(headers.etag),
    lastModified: headerOf(headers['last-modified']),
  };
}

/** A validator is sent back as it came; an absurdly long one is not kept. */
const headerOf = (value: string | undefined): string | null =>
  value === undefined || value.length > 1_000 || /[^\x20-\x7e]/.test(value) ? null : value;

async function readBody(answer: IncomingMessage, signal: AbortSignal): Promise<Uint8Array> {
  const coding = answer.headers['content-encoding'] ?? 'identity';
  if (coding !== 'gzip' && coding !== 'identity') throw new FeedTrouble('it is packed in a way that was not asked for');
  const unpacked: Readable = coding === 'gzip' ? answer.pipe(createGunzip()) : answer;
  const stop = (error?: Error): void => {
    answer.destroy();
    unpacked.destroy(error);
  };
  // A pipe passes no errors on: a broken connection would leave the reader of the unpacked stream waiting.
  answer.on('error', stop);
  const chunks: Uint8Array[] = [];
  let size = 0;
  try {
    for await (const chunk of unpacked as AsyncIterable<Uint8Array>) {
      size += chunk.length;
      if (size > maxFeedBytes) throw new FeedTrouble('it is larger than 5 MB');
      if (signal.aborted) throw signal.reason as Error;
      chunks.push(chunk);
    }
    return Buffer.concat(chunks);
  } finally {
    stop();
  }
}

const words: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'the connection was refused',
  ECONNRESET: 'the connection broke',
  EPIPE: 'the connection broke',
  EHOSTUNREACH: 'the host cannot be reached',
  ENETUNREACH: 'the network cannot be reached',
  ETIMEDOUT: 'no connection in time',
  HPE_HEADER_OVERFLOW: 'its headers are too long',
  Z_DATA_ERROR: 'its packed body is broken',
  Z_BUF_ERROR: 'its packed body is cut short',
};

function wordsFor(error: unknown): string {
  const { code } = error as { code?: unknown };
  const key = typeof code === 'string' ? code : '';
  if (/CERT|SIGNATURE|_CHAIN|UNABLE_TO|ERR_TLS|ERR_SSL|EPROTO/.test(key))
    return `its certificate is not valid (${key})`;
  return words[key] ?? (key.startsWith('HPE_') ? 'its answer is not HTTP' : `the request failed (${key || 'unknown'})`);
}
