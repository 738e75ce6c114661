import { createHmac, hkdfSync, timingSafeEqual } from 'node:crypto';

/** Why a token was refused. */
export type LinkFault = 'malformed' | 'forged' | 'expired';
export type LinkCheck = { ok: true; payload: string } | { ok: false; reason: LinkFault };

/** Enough for any id or address; anything longer is refused before it is hashed. */
const maxTokenLength = 1024;
const macBytes = 32;

/**
 * A token for a link that says what it is for, for whom, and until when: `payload.expiry.mac`, each part base64url. `purpose` separates the keys, so
 * that a token for one thing is forged for every other. `expiresAt` is epoch milliseconds; the token is void from that instant on.
 */
export function signLink(secret: string, purpose: string, payload: string, expiresAt: number): string {
  const body = `${Buffer.from(payload, 'utf8').toString('base64url')}.${Math.trunc(expiresAt).toString(36)}`;
  return `${body}.${macOf(secret, purpose, body).toString('base64url')}`;
}

/** Reads a token back. The mac is compared in constant time and before the expiry, so that a forged token learns nothing else. */
export function verifyLink(secret: string, purpose: string, token: string, now: number): LinkCheck {
  if (token.length > maxTokenLength) return { ok: false, reason: 'malformed' };
  const match = /^([\w-]*)\.([0-9a-z]{1,11})\.([\w-]{43})$/.exec(token);
  const [, payload, expiry, mac] = match ?? [];
  if (payload === undefined || expiry === undefined || mac === undefined) return { ok: false, reason: 'malformed' };
  const given = Buffer.from(mac, 'base64url');
  // The last character of 43 carries two unused bits: only the canonical spelling counts, so that a token has one form.
  if (given.length !== macBytes || given.toString('base64url') !== mac) return { ok: false, reason: 'malformed' };
  if (!timingSafeEqual(given, macOf(secret, purpose, `${payload}.${expiry}`))) return { ok: false, reason: 'forged' };
  if (now >= Number.parseInt(expiry, 36)) return { ok: false, reason: 'expired' };
  return { ok: true, payload: Buffer.from(payload, 'base64url').toString('utf8') };
}

function macOf(secret: string, purpose: string, body: string): Buffer {
  const key = Buffer.from(hkdfSync('sha256', secret, 'hugops signed link', purpose, macBytes));
  return createHmac('sha256', key).update(body).digest();
}
