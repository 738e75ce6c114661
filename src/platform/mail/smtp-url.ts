import { isIP } from 'node:net';

/** Where and how to hand over mail. */
export interface SmtpServer {
  host: string;
  port: number;
  /** TLS from the first byte (smtps). Otherwise STARTTLS is used where the server offers it. */
  secure: boolean;
  /** Refuse to go on without TLS. */
  requireTls: boolean;
  /** Do not use STARTTLS even when offered. */
  ignoreTls: boolean;
  /** Accept any certificate. */
  unverified: boolean;
  auth: { user: string; pass: string } | undefined;
}

/**
 * Reads `smtp://user:pass@host:port` or `smtps://…`. A password is never sent in clear, except to this machine itself: with credentials, TLS is
 * required. `?tls=unverified` accepts a self-signed certificate, `?tls=off` forgoes STARTTLS (only without credentials, or on loopback).
 * @throws Error that says what was expected, without quoting the URL, which may hold the password
 */
export function parseSmtpUrl(text: string): SmtpServer {
  if (!URL.canParse(text)) throw new Error(`expected smtp://host:port or smtps://user:password@host:port`);
  const url = new URL(text);
  const secure = url.protocol === 'smtps:';
  if (!secure && url.protocol !== 'smtp:') throw new Error('expected a URL that begins with smtp:// or smtps://');
  if (url.hostname === '') throw new Error('expected a host name in the mail server URL');
  if (url.pathname !== '' && url.pathname !== '/') throw new Error('a mail server URL has no path');
  const tls = url.searchParams.get('tls') ?? 'verify';
  if (!['verify', 'unverified', 'off'].includes(tls)) throw new Error('?tls= is one of verify, unverified, off');
  for (const name of url.searchParams.keys()) {
    if (name !== 'tls') throw new Error('the only option of a mail server URL is ?tls=');
  }
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const auth = readAuth(url);
  const isLocal = host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));
  if (tls === 'off' && auth !== undefined && !isLocal) throw new Error('?tls=off would send the password in clear');
  if (tls === 'off' && secure) throw new Error('smtps:// is TLS; use smtp:// with ?tls=off');
  return {
    host,
    port: url.port === '' ? (secure ? 465 : auth === undefined ? 25 : 587) : Number(url.port),
    secure,
    requireTls: !secure && auth !== undefined && !isLocal,
    ignoreTls: tls === 'off',
    unverified: tls === 'unverified',
    auth,
  };
}

function readAuth(url: URL): { user: string; pass: string } | undefined {
  if (url.username === '' && url.password === '') return undefined;
  if (url.username === '' || url.password === '') throw new Error('expected both a user and a password, or neither');
  try {
    return { user: decodeURIComponent(url.username), pass: decodeURIComponent(url.password) };
  } catch {
    throw new Error('the user or the password has a % that is not percent-encoded as %25');
  }
}
