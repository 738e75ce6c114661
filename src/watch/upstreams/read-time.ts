import type { EpochMs } from '../../domain/words.ts';

// Nothing that a status page says lies outside; a number out of range is no time.
const from = Date.UTC(2000, 0, 1);
const until = Date.UTC(2100, 0, 1);

const iso = /^\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(?:[Zz]|[+-]\d\d:?\d\d)?$/;
const hasZone = /(?:[Zz]|[+-]\d\d:?\d\d)$/;
// RFC 822 with the American zones that feeds still write (AWS: PDT).
const mail =
  /^(?:[A-Za-z]{3}, ?)?\d{1,2} [A-Za-z]{3} \d{4} \d\d:\d\d(?::\d\d)? (?:[+-]\d{4}|GMT|UTC|UT|Z|[ECMP][SD]T)$/;

/** The moment that a feed's text names: ISO 8601 (UTC where it names no zone) or RFC 822. Null when it is none. */
export function readTime(text: string | null | undefined): EpochMs | null {
  const plain = text?.trim() ?? '';
  if (iso.test(plain)) {
    const at = Date.parse(hasZone.test(plain) ? plain.replace(' ', 'T') : `${plain.replace(' ', 'T')}Z`);
    return inRange(at);
  }
  return mail.test(plain) ? inRange(Date.parse(plain)) : null;
}

/** Seconds since 1970, as a number or digits. */
export function readSeconds(value: number | string | null | undefined): EpochMs | null {
  const seconds = typeof value === 'string' && /^\d{9,11}$/.test(value) ? Number(value) : value;
  return typeof seconds === 'number' ? inRange(Math.round(seconds * 1000)) : null;
}

const inRange = (at: number): EpochMs | null => (at >= from && at < until ? at : null);
