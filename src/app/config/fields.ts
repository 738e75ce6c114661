import { z } from 'zod';
import { isTimeZone } from '../../domain/wall-clock.ts';
import { durationPattern, formatDuration, parseDuration } from './duration.ts';

/**
 * The small things of hugops.yaml. Each says in `error` what it expects, as the end of the sentence "expected …", and describes
 * itself for editors.
 */

/** Error text that completes "expected"; the reader adds what was found. */
const expecting = (what: string): { error: string } => ({ error: `expected ${what}` });

const idWords = 'an id of up to 64 lower-case letters, digits, - and _, beginning with a letter or digit';
const idSchema = z.string(expecting(idWords)).regex(/^[a-z0-9][a-z0-9_-]{0,63}$/, expecting(idWords));

/** One line of text for people to read. */
export function textField(what: string, maxLength = 120): z.ZodString {
  const words = `${what} of 1 to ${maxLength} characters`;
  return z
    .string(expecting(`${what} as text`))
    .regex(/^[^\p{Cc}]*\S[^\p{Cc}]*$/u, expecting(`${words} on one line`))
    .max(maxLength, expecting(words));
}

/** Text of any number of lines; may be empty. */
export function proseField(maxLength = 2_000): z.ZodString {
  return z.string(expecting('text')).max(maxLength, expecting(`text of at most ${maxLength} characters`));
}

/** Read as `30s` or `1h30m`, kept as milliseconds. */
export function durationField(minMs: number, maxMs: number) {
  const words = `a duration of at least ${formatDuration(minMs)}`;
  const tooLong = `a duration of at most ${formatDuration(maxMs)}`;
  return z
    .string(expecting(words))
    .regex(new RegExp(durationPattern), { ...expecting(words), abort: true })
    .refine((text) => (parseDuration(text) ?? minMs) >= minMs, { ...expecting(words), abort: true })
    .refine((text) => (parseDuration(text) ?? Infinity) <= maxMs, expecting(tooLong))
    .transform((text) => parseDuration(text) ?? minMs)
    .meta({
      description: `A duration such as 30s, 5m or 1h30m; ${formatDuration(minMs)} to ${formatDuration(maxMs)}.`,
    });
}

const emailForm = /^[^\s@<>()[\],;:"\\\p{Cc}]{1,64}@[^\s@<>()[\],;:"\\\p{Cc}]{1,189}$/u;
export const emailField = z
  .string(expecting('an e-mail address'))
  .regex(emailForm, expecting('an e-mail address'))
  .meta({ description: 'An e-mail address.' });

/** `HugOps <hugops@example.com>` or a bare address. */
export const senderField = z
  .string(expecting('a sender such as HugOps <hugops@example.com>'))
  .refine((text) => {
    const named = /^[^\p{Cc}<>]*<([^<>]*)>$/u.exec(text);
    return emailForm.test(named?.[1] ?? text);
  }, expecting('a sender such as HugOps <hugops@example.com>'))
  .meta({ description: 'The sender: an address, or a name and an address as in HugOps <hugops@example.com>.' });

export const timeZoneField = z
  .string(expecting('a time zone such as Europe/Berlin'))
  .refine((name) => /^[A-Za-z]/.test(name) && isTimeZone(name), expecting('a time zone such as Europe/Berlin'))
  .meta({ description: 'An IANA time zone such as Europe/Berlin.' });

export const timeOfDayField = z
  .string(expecting("a time of day such as '09:00'"))
  .regex(/^([01]\d|2[0-3]):[0-5]\d$/, expecting("a time of day from '00:00' to '23:59'"))
  .meta({ description: "A time of day such as '09:00'." });

const endOfDayField = z
  .string(expecting("a time of day such as '17:00'"))
  .regex(/^(([01]\d|2[0-3]):[0-5]\d|24:00)$/, expecting("a time of day from '00:00' to '24:00'"))
  .meta({ description: "A time of day such as '17:00'; up to '24:00'." });

function isDate(text: string): boolean {
  try {
    const { year } = Temporal.PlainDate.from(text);
    return year >= 1970 && year <= 2200;
  } catch {
    return false;
  }
}

export const dateField = z
  .string(expecting('a date such as 2026-01-05'))
  .regex(/^\d{4}-\d{2}-\d{2}$/, { ...expecting('a date such as 2026-01-05'), abort: true })
  .refine(isDate, expecting('a date that exists, from 1970 to 2200'))
  .meta({ description: 'A date such as 2026-01-05.' });

const localTimeForm = /^(\d{4}-\d{2}-\d{2})[T ](([01]\d|2[0-3]):[0-5]\d)$/;
/** A local time, kept as `YYYY-MM-DDTHH:MM`; the zone is that of whatever it belongs to. */
export const localTimeField = z
  .string(expecting('a local time such as 2026-01-05 09:00'))
  .regex(localTimeForm, { ...expecting('a local time such as 2026-01-05 09:00'), abort: true })
  .refine((text) => isDate(text.slice(0, 10)), expecting('a local time on a date that exists, from 1970 to 2200'))
  .transform((text) => text.replace(' ', 'T'))
  .meta({ description: 'A local time such as 2026-01-05 09:00, in the zone of the schedule.' });

const dayNames = ['monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday', 'sunday'];
const dayWords = 'a day such as monday or mon';

/** 1 (Monday) to 7 of `mon` or `Monday`; undefined otherwise. */
function dayNumber(name: string): number | undefined {
  const asked = name.toLowerCase();
  const index = dayNames.findIndex((day) => day === asked || day.slice(0, 3) === asked);
  return index < 0 ? undefined : index + 1;
}

/** `monday` or `mon`, kept as 1 (Monday) to 7. */
export const dayField = z
  .string(expecting(dayWords))
  .refine((name) => dayNumber(name) !== undefined, expecting(dayWords))
  .transform((name) => dayNumber(name) ?? 1)
  .meta({ description: 'A day of the week: monday or mon.' });

/** The days of `mon` or `mon..fri`; a span may run over the end of the week. Empty when it names none. */
function daysOf(item: string): number[] {
  const [first = '', last = first, ...more] = item.split('..');
  const from = dayNumber(first);
  const to = dayNumber(last);
  if (from === undefined || to === undefined || more.length > 0) return [];
  return Array.from({ length: ((to - from + 7) % 7) + 1 }, (_, index) => ((from - 1 + index) % 7) + 1);
}

const daysWords = 'a day or a span of days such as mon or mon..fri';
/** `[mon..fri, sunday]`, kept as ascending numbers 1 (Monday) to 7. */
const daysField = z
  .array(
    z.string(expecting(daysWords)).refine((item) => daysOf(item).length > 0, expecting(daysWords)),
    expecting('a list of days such as [mon..fri]'),
  )
  .min(1, expecting('a list of at least one day such as [mon..fri]'))
  .transform((items) => [...new Set(items.flatMap(daysOf))].toSorted((a, b) => a - b))
  .meta({ description: 'Days of the week, single or as a span: [mon..fri] or [monday, thursday].' });

/** Hours of the week. `to` not later than `from` crosses midnight; the days are those on which the hours begin. */
export const hoursSchema = z
  .strictObject({ days: daysField, from: timeOfDayField, to: endOfDayField })
  .meta({ description: 'Hours on some days, local time. When `to` is earlier than `from` they end on the next day.' });

export const wholeNumber = (what: string, min: number, max: number): z.ZodInt => {
  const words = `${what}: a whole number from ${min} to ${max}`;
  return z.int(expecting(words)).min(min, expecting(words)).max(max, expecting(words));
};

export const choiceOf = <const T extends readonly [string, ...string[]]>(choices: T) =>
  z.enum(choices, expecting(choices.length === 2 ? choices.join(' or ') : `one of ${choices.join(', ')}`));

/** A reference to something that another section describes; that it exists is checked with the whole file at hand. */
export const referenceTo = (what: string): z.ZodString =>
  z
    .string(expecting(`the id of a ${what}`))
    .max(200, expecting(`the id of a ${what}`))
    .meta({ description: `The id of a ${what} in this file.` });

export const flagField = (otherwise: boolean, description: string): z.ZodDefault<z.ZodBoolean> =>
  z.boolean(expecting('true or false')).default(otherwise).describe(description);

export const listOf = <T extends z.ZodType>(what: string, item: T): z.ZodArray<T> =>
  z.array(item, expecting(`a list of ${what}`));

export const mapOf = <T extends z.ZodType>(what: string, item: T) =>
  z.record(idSchema, item, expecting(`a mapping of ids to ${what}`));

/** A secret. The reader lets it be written as a reference only, and never shows it. */
export function secretField(minLength: number): z.ZodString {
  const words = `a secret of ${minLength} to 200 letters, digits, - and _`;
  return z
    .string(expecting(words))
    .regex(new RegExp(`^[A-Za-z0-9_-]{${minLength},200}$`), expecting(words))
    .meta({ secret: true });
}

const mailUrlWords = 'a mail server such as smtp://mail.example.com:587 or smtps://user:password@mail.example.com';
/** The mail server. The reader lets a password in it be written as a reference only. */
export const mailUrlField = z
  .string(expecting(mailUrlWords))
  .refine((text) => {
    const url = URL.parse(text);
    return url !== null && /^smtps?:$/.test(url.protocol) && url.hostname !== '';
  }, expecting(mailUrlWords))
  .meta({ writeOnly: true });
