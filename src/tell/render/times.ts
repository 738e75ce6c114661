import { html, type Markup } from './markup.ts';

/** Formats instants in the page's zone, for readers without JavaScript; the script then says the same in the reader's zone. */
export interface Times {
  timeZone: string;
  /** `14:02 UTC`. */
  clock(at: number): string;
  /** `3 December 2026`. */
  day(at: number): string;
  /** `3 Dec`. */
  shortDay(at: number): string;
  /** `December 2026`. */
  month(at: number): string;
  /** `3 Dec, 14:02 UTC`. */
  moment(at: number): string;
  /** `3 December 2026 at 14:02 UTC`. */
  exact(at: number): string;
  /** `2026-12-03`, for grouping and ids. */
  isoDay(at: number): string;
  /** A `<time>` that reads as the moment and becomes relative where scripts run. */
  ago(at: number): Markup;
  /** A `<time>` for "since …": the hour stays, and scripts add how long that is. */
  since(at: number): Markup;
  /** A `<time>` that always stays exact, as planned work needs it. */
  fixed(at: number): Markup;
}

const cache = new Map<string, Times>();

export function timesIn(timeZone: string): Times {
  const known = cache.get(timeZone);
  if (known !== undefined) return known;
  const format = (options: Intl.DateTimeFormatOptions): ((at: number) => string) => {
    const formatter = new Intl.DateTimeFormat('en-GB', { timeZone, ...options });
    return (at) => formatter.format(at);
  };
  const clock = format({ hour: '2-digit', minute: '2-digit', timeZoneName: 'short' });
  const day = format({ day: 'numeric', month: 'long', year: 'numeric' });
  const shortDay = format({ day: 'numeric', month: 'short' });
  // The Swedish locale writes ISO 8601 dates.
  const isoDay = new Intl.DateTimeFormat('sv-SE', { timeZone, year: 'numeric', month: '2-digit', day: '2-digit' });
  const times: Times = {
    timeZone,
    clock,
    day,
    shortDay,
    month: format({ month: 'long', year: 'numeric' }),
    moment: (at) => `${shortDay(at)}, ${clock(at)}`,
    exact: (at) => `${day(at)} at ${clock(at)}`,
    isoDay: (at) => isoDay.format(at),
    ago: (at) => html`<time datetime="${isoOf(at)}" title="${times.exact(at)}" data-ago>${times.moment(at)}</time>`,
    since: (at) => html`<time datetime="${isoOf(at)}" title="${times.exact(at)}" data-since>${times.moment(at)}</time>`,
    fixed: (at) => html`<time datetime="${isoOf(at)}" title="${times.exact(at)}" data-at>${times.moment(at)}</time>`,
  };
  cache.set(timeZone, times);
  return times;
}

/** `2026-12-03T14:02:00.000Z`. */
export const isoOf = (at: number): string => new Date(at).toISOString();

/** `2 h 5 min`, `38 min`, `under a minute`, `3 days 4 h`: the two largest units. */
export function durationText(ms: number): string {
  const minutes = Math.floor(ms / 60_000);
  if (minutes < 1) return 'under a minute';
  const hours = Math.floor(minutes / 60);
  const days = Math.floor(hours / 24);
  if (days > 0) return `${days} ${days === 1 ? 'day' : 'days'}${hours % 24 > 0 ? ` ${hours % 24} h` : ''}`;
  if (hours > 0) return `${hours} h${minutes % 60 > 0 ? ` ${minutes % 60} min` : ''}`;
  return `${minutes} min`;
}
