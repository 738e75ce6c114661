import type { EpochMs } from '../../domain/words.ts';
import { cutText } from '../../platform/cut-text.ts';
import { oneLine } from '../../platform/one-line.ts';
import type { PageMessage } from './channel.ts';

export interface PageButton {
  label: string;
  url: string;
}

/** A page in words, for every channel the same. Plain text, one line each; the channel cuts and escapes. */
export interface PageText {
  /** What is broken: '#42 critical: Checkout answers 503'. */
  title: string;
  /** The same for where the severity stands beside it. */
  heading: string;
  /** Since when, and what it concerns. */
  facts: readonly (readonly [label: string, value: string])[];
  lines: readonly string[];
  /** Said once at the end, in small print. */
  notes: readonly string[];
  /** The one that matters first. */
  buttons: readonly PageButton[];
}

export function pageText(message: PageMessage): PageText {
  const notes = message.isResend ? ['Sent again: it is not certain that the first one arrived.'] : [];
  if (message.kind === 'incident' && message.incident) return incidentText(message, message.incident, notes);
  if (message.kind === 'summary' && message.summary) {
    const { count, lines, viewUrl } = message.summary;
    const title = count === 1 ? '1 incident waited for you' : `${count} incidents waited for you`;
    return {
      title,
      heading: title,
      facts: [],
      lines: lines.map(oneLine),
      notes: ['They came together, so they are in one message.', ...notes],
      buttons: [...ackButton(message, 'Acknowledge'), { label: 'Show them', url: viewUrl }],
    };
  }
  if (message.kind === 'notice') {
    const title = 'A way to reach you does not work';
    return {
      title,
      heading: title,
      facts: [],
      lines: [oneLine(message.notice ?? '')],
      notes: [`For ${nameOf(message)}.`, ...notes],
      buttons: [{ label: 'Open HugOps', url: message.viewUrl }],
    };
  }
  const title = 'Test page: nothing is broken';
  return {
    title,
    heading: title,
    facts: [],
    lines: [`${nameOf(message)}, this is how HugOps reaches you here.`],
    notes,
    buttons: [...ackButton(message, 'I got it'), { label: 'Open HugOps', url: message.viewUrl }],
  };
}

/**
 * A page as plain text of at most `max` UTF-16 units, the title first and the links last. What does not fit is left out in the middle: neither the
 * reason for the call nor the button is ever cut, so two links that are longer than `max` are longer than `max`.
 */
export function plainText(page: PageText, max: number, parts: { title?: boolean; links?: boolean } = {}): string {
  const title = parts.title === false ? [] : [cutText(page.title, Math.min(300, Math.floor(max / 3)))];
  const facts = page.facts.map(([label, value]) => `${label}: ${cutText(value, 80)}`);
  const links = parts.links === false ? [] : page.buttons.map(({ label, url }) => `${label}: ${url}`);
  const last = [...page.notes, ...links];
  const room = max - [...title, ...facts, ...last].join('\n').length - 1;
  const lines = room < 20 || page.lines.length === 0 ? [] : [cutText(page.lines.join('\n'), room)];
  return [...title, ...facts, ...lines, ...last].join('\n');
}

function incidentText(message: PageMessage, incident: NonNullable<PageMessage['incident']>, notes: string[]): PageText {
  const { number, severity, title, serviceName, openedAt, status, evidence } = incident;
  return {
    title: `#${number} ${severity}: ${oneLine(title)}`,
    heading: `#${number} ${oneLine(title)}`,
    facts: [
      ['Since', since(openedAt, message.now, message.timeZone)],
      ...(serviceName === null ? [] : [['Service', oneLine(serviceName)] as const]),
      // Said only when it is not what one expects of a page.
      ...(status === 'triggered' ? [] : [['Status', status] as const]),
    ],
    lines: evidence.map(oneLine),
    notes: [`For ${nameOf(message)}.`, ...notes],
    buttons: [...ackButton(message, 'Acknowledge'), { label: 'Open incident', url: message.viewUrl }],
  };
}

const nameOf = (message: PageMessage): string => cutText(oneLine(message.personName), 100);

const ackButton = (message: PageMessage, label: string): PageButton[] =>
  message.ackUrl === undefined ? [] : [{ label, url: message.ackUrl }];

/** '03:10 Europe/Berlin, 4 minutes ago'; with the date when it was another day. An unknown zone is shown as UTC. */
export function since(at: EpochMs, now: EpochMs, timeZone = 'UTC'): string {
  const zone = isTimeZone(timeZone) ? timeZone : 'UTC';
  const then = Temporal.Instant.fromEpochMilliseconds(at).toZonedDateTimeISO(zone);
  const today = Temporal.Instant.fromEpochMilliseconds(now).toZonedDateTimeISO(zone);
  const clock = then.toPlainTime().toString({ smallestUnit: 'minute' });
  const isToday = then.toPlainDate().equals(today.toPlainDate());
  return `${isToday ? '' : `${then.toPlainDate().toString()} `}${clock} ${zone}, ${ago(now - at)}`;
}

function ago(ms: number): string {
  const minutes = Math.floor(ms / 60_000);
  if (minutes < 1) return 'just now';
  if (minutes < 60) return plural(minutes, 'minute');
  if (minutes < 48 * 60) return plural(Math.floor(minutes / 60), 'hour');
  return plural(Math.floor(minutes / 1440), 'day');
}

const plural = (count: number, unit: string): string => `${count} ${unit}${count === 1 ? '' : 's'} ago`;

function isTimeZone(name: string): boolean {
  try {
    Temporal.Instant.fromEpochMilliseconds(0).toZonedDateTimeISO(name);
    return true;
  } catch {
    return false;
  }
}
