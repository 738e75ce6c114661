import { brotliDecompressSync, gunzipSync, inflateSync } from 'node:zlib';
import { CheckError } from './check-kind.ts';
import type { HttpAnswer } from './http-answer.ts';
import type { HttpConfig } from './http-config.ts';
import type { Secrets } from './secrets.ts';

export interface HttpRequest {
  url: URL;
  method: string;
  /** Name as written → value, secrets filled in. */
  headers: Map<string, string>;
  body: string | undefined;
  /** Whether the request still goes where the configuration says; only then does it carry credentials. */
  sameOrigin: boolean;
}

/** Throws CheckError `config-invalid` when a secret has brought a line break into a header. */
export function refuseLineBreaks(headers: ReadonlyMap<string, string>): void {
  for (const [name, value] of headers) {
    if (/[\r\n\0]/.test(value))
      throw new CheckError('config-invalid', `the secret in the header ${name} contains a line break`);
  }
}

export type AskedRequest = Pick<HttpConfig, 'url' | 'method' | 'headers' | 'body' | 'basic' | 'bearer'>;

/** The request that the configuration describes. Throws CheckError `secret-missing` or `config-invalid`. */
export function firstRequest(config: AskedRequest, secrets: Secrets): HttpRequest {
  const headers = new Map<string, string>();
  for (const [name, value] of Object.entries(config.headers)) headers.set(name.toLowerCase(), secrets.fill(value));
  if (config.basic) {
    const pair = `${config.basic.username}:${secrets.fill(config.basic.password)}`;
    const encoded = Buffer.from(pair).toString('base64');
    secrets.remember(encoded);
    headers.set('authorization', `Basic ${encoded}`);
  } else if (config.bearer !== undefined) {
    headers.set('authorization', `Bearer ${secrets.fill(config.bearer)}`);
  }
  refuseLineBreaks(headers);
  const body = config.body === undefined ? undefined : secrets.fill(config.body);
  return {
    url: parseUrl(secrets.fill(config.url, encodeURIComponent)),
    method: config.method,
    headers,
    body,
    sameOrigin: true,
  };
}

function parseUrl(text: string): URL {
  if (URL.canParse(text)) return new URL(text);
  throw new CheckError('config-invalid', 'the URL is not valid once its secrets are filled in');
}

// RFC 9110, section 15.4. 300, 304 and 305 lead nowhere.
const redirects = new Set([301, 302, 303, 307, 308]);
const credentials = ['authorization', 'cookie', 'proxy-authorization'];

/** Where the answer sends us, or undefined when it is the last. Credentials and secret headers stay with the origin that they are for. */
export function nextRequest(request: HttpRequest, answer: HttpAnswer, secrets: Secrets): HttpRequest | undefined {
  const location = answer.headers.get('location');
  if (!redirects.has(answer.status) || location === undefined) return undefined;
  const url = URL.canParse(location, request.url) ? new URL(location, request.url) : undefined;
  if (!url || !/^https?:$/.test(url.protocol)) {
    throw new CheckError(
      'bad-redirect',
      `redirected to an address that is no web address: ${secrets.hide(location).slice(0, 200)}`,
    );
  }
  // A name and password in the address would otherwise be kept in the evidence.
  url.username = '';
  url.password = '';
  const sameOrigin = request.sameOrigin && url.origin === request.url.origin;
  const headers = new Map(request.headers);
  if (!sameOrigin) {
    for (const [name, value] of headers) {
      if (credentials.includes(name) || secrets.hide(value) !== value) headers.delete(name);
    }
  }
  const keep = answer.status >= 307 || request.method === 'GET' || request.method === 'HEAD';
  const method = keep ? request.method : 'GET';
  if (!keep) for (const name of headers.keys()) if (name.startsWith('content-')) headers.delete(name);
  // A body may hold secrets as well; it is sent again only to where it was meant to go.
  const body = keep && sameOrigin ? request.body : undefined;
  return { url, method, headers, body, sameOrigin };
}

// The bytes of requests that are sent again and again; a request is never changed once made.
const written = new WeakMap<HttpRequest, Buffer>();

/**
 * The request as it goes over the wire (RFC 9112). With `forProxy`, header lines for a proxy, it is written for one: with the whole URL
 * (section 3.2.2), and these lines.
 */
export function requestBytes(request: HttpRequest, forProxy?: string): Buffer {
  if (forProxy !== undefined) return writeRequest(request, forProxy);
  const known = written.get(request);
  if (known) return known;
  const bytes = writeRequest(request);
  written.set(request, bytes);
  return bytes;
}

function writeRequest(request: HttpRequest, forProxy?: string): Buffer {
  const { url, method, headers, body } = request;
  const asked = `${forProxy === undefined ? '' : url.origin}${url.pathname}${url.search}`;
  let head = `${method} ${asked} HTTP/1.1\r\n${forProxy ?? ''}host: ${url.host}\r\nconnection: close\r\n`;
  if (!headers.has('user-agent')) head += 'user-agent: HugOps\r\n';
  if (!headers.has('accept')) head += 'accept: */*\r\n';
  for (const [name, value] of headers) head += `${name}: ${value}\r\n`;
  if (body === undefined) {
    if (method === 'POST' || method === 'PUT' || method === 'PATCH') head += 'content-length: 0\r\n';
    return Buffer.from(`${head}\r\n`, 'utf8');
  }
  const bytes = Buffer.from(body, 'utf8');
  return Buffer.concat([Buffer.from(`${head}content-length: ${bytes.length}\r\n\r\n`, 'utf8'), bytes]);
}

const decoders: Record<string, (body: Buffer, options: { maxOutputLength: number }) => Buffer> = {
  gzip: gunzipSync,
  'x-gzip': gunzipSync,
  deflate: inflateSync,
  br: brotliDecompressSync,
};

/**
 * The body as text: decompressed where it must be, to at most `maxBytes` (a small body may unpack to gigabytes), in the charset that it names.
 * Throws CheckError `bad-answer` when it cannot be decompressed.
 */
export function bodyText(answer: HttpAnswer, maxBytes: number): string {
  const coding = answer.headers.get('content-encoding')?.toLowerCase() ?? '';
  const decode = decoders[coding];
  let bytes = answer.body;
  if (decode) {
    try {
      bytes = decode(answer.body, { maxOutputLength: Math.max(1, maxBytes) });
    } catch {
      throw new CheckError('bad-answer', `the ${coding} body is broken, or unpacks to more than ${maxBytes} bytes`);
    }
  }
  const charset = /charset="?([\w.:-]+)/i.exec(answer.headers.get('content-type') ?? '')?.[1] ?? 'utf-8';
  return decoderFor(charset).decode(bytes.subarray(0, maxBytes));
}

function decoderFor(charset: string): TextDecoder {
  try {
    return new TextDecoder(charset);
  } catch {
    return new TextDecoder();
  }
}
