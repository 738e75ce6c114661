import { useState } from 'react';
import { useNow } from '../api/server-time.ts';

/** The reader's zone as IANA names it: 'Europe/Berlin'. */
export const readerZone = Intl.DateTimeFormat().resolvedOptions().timeZone || 'UTC';

const format = (options: Intl.DateTimeFormatOptions): ((at: number) => string) => {
  const formatter = new Intl.DateTimeFormat('en-GB', options);
  return (at) => formatter.format(at);
};
export const clockText = format({ hour: '2-digit', minute: '2-digit' });
export const dayText = format({ weekday: 'short', day: 'numeric', month: 'short' });
const dateText = format({ day: 'numeric', month: 'short' });
const yearText = format({ day: 'numeric', month: 'short', year: 'numeric' });
const longText = format({ weekday: 'long', day: 'numeric', month: 'long', year: 'numeric' });
const secondsText = format({ hour: '2-digit', minute: '2-digit', second: '2-digit', timeZoneName: 'short' });
const isoDayText = new Intl.DateTimeFormat('sv-SE', { year: 'numeric', month: '2-digit', day: '2-digit' });

/** `2026-12-03` in the reader's zone. */
const isoDay = (at: number): string => isoDayText.format(at);

/** `Thursday 3 December 2026 at 15:02:10 CET (Europe/Berlin)`. */
const exactText = (at: number): string => `${longText(at)} at ${secondsText(at)} (${readerZone})`;

/** `15:02` today, `3 Dec, 15:02` before or after, with the year when it is another one. */
function momentText(at: number, now: number): string {
  if (isoDay(at) === isoDay(now)) return clockText(at);
  const day = isoDay(at).slice(0, 4) === isoDay(now).slice(0, 4) ? dateText(at) : yearText(at);
  return `${day}, ${clockText(at)}`;
}

/** `under a minute`, `38 min`, `2 h 5 min`, `3 days 4 h`: the two largest units. */
export function spanText(ms: number): string {
  const minutes = Math.floor(Math.max(0, ms) / 60_000);
  if (minutes < 1) return 'under a minute';
  const hours = Math.floor(minutes / 60);
  const days = Math.floor(hours / 24);
  if (days > 0) return `${days} ${days === 1 ? 'day' : 'days'}${hours % 24 > 0 ? ` ${hours % 24} h` : ''}`;
  if (hours > 0) return `${hours} h${minutes % 60 > 0 ? ` ${minutes % 60} min` : ''}`;
  return `${minutes} min`;
}

/** `Mon 7 Dec, 09:00 to Mon 14 Dec, 09:00`; the day once when it is the same. */
export function rangeText({ fromAt, untilAt }: { fromAt: number; untilAt: number }): string {
  const until =
    dayText(fromAt) === dayText(untilAt) ? clockText(untilAt) : `${dayText(untilAt)}, ${clockText(untilAt)}`;
  return `${dayText(fromAt)}, ${clockText(fromAt)} to ${until}`;
}

/** `just now`, `4 min ago`, `in 2 h`, and the day itself beyond a week. */
function agoText(at: number, now: number): string {
  const ms = now - at;
  if (Math.abs(ms) < 60_000) return ms >= -5_000 ? 'just now' : 'in under a minute';
  if (Math.abs(ms) > 7 * 86_400_000) return momentText(at, now);
  const minutes = Math.round(Math.abs(ms) / 60_000);
  const hours = Math.round(minutes / 60);
  const days = Math.round(hours / 24);
  const span = minutes < 60 ? `${minutes} min` : hours < 36 ? `${hours} h` : `${days} ${days === 1 ? 'day' : 'days'}`;
  return ms > 0 ? `${span} ago` : `in ${span}`;
}

type As = 'ago' | 'since' | 'moment';

function wordsFor(as: As, at: number, now: number): string {
  if (as === 'ago') return agoText(at, now);
  return as === 'moment' ? momentText(at, now) : `since ${momentText(at, now)} (${spanText(now - at)})`;
}

/**
 * An instant in words, with the exact one and its zone on hover or at a tap. `plain` inside links and buttons, where a second thing to tap has no place.
 */
export function Time({ at, as = 'ago', plain = false }: { at: number; as?: As; plain?: boolean }) {
  const now = useNow();
  const [exact, setExact] = useState(false);
  const iso = new Date(at).toISOString();
  const time = (
    <time dateTime={iso} title={exactText(at)} className={exact ? '' : 'whitespace-nowrap'}>
      {exact ? exactText(at) : wordsFor(as, at, now)}
    </time>
  );
  if (plain) return time;
  return (
    <button type="button" className="text-start rounded-sm" onClick={() => setExact(!exact)} title={exactText(at)}>
      {time}
    </button>
  );
}

/** For `<input type="datetime-local">`: the reader's own clock, to the minute. */
export function toLocalInput(at: number): string {
  return `${isoDay(at)}T${clockText(at)}`;
}

/** Epoch milliseconds of what such an input holds; undefined when it holds nothing. */
export function fromLocalInput(text: string): number | undefined {
  const at = new Date(text).getTime();
  return Number.isNaN(at) ? undefined : at;
}
