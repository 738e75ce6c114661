import type { EpochMs, JsonObject } from '../../domain/words.ts';
import { cutMark, cutText } from '../../platform/cut-text.ts';

/** What one signal's evidence may hold; it is copied to the alert and the incident's events. Beyond it, the rest is left out. */
const limits = { textUnits: 8_192, allUnits: 32_768, values: 1_000, depth: 32 } as const;

/**
 * `text` as PostgreSQL can store it: it refuses U+0000 in text, and in jsonb also half a surrogate pair
 * (https://www.postgresql.org/docs/18/datatype-json.html). Both become U+FFFD.
 */
export function cleanText(text: string): string {
  const whole = text.toWellFormed();
  return whole.includes('\0') ? whole.replaceAll('\0', '\uFFFD') : whole;
}

/** A copy of parsed JSON that can be stored and is bounded; `truncated` says when something was left out. */
export function cleanEvidence(evidence: JsonObject): JsonObject {
  const budget: Budget = { units: limits.allUnits, values: limits.values, cut: false };
  const clean = cleanMembers(evidence, 0, budget);
  return budget.cut ? { ...clean, truncated: true } : clean;
}

interface Budget {
  units: number;
  values: number;
  cut: boolean;
}

function cleanMembers(object: object, depth: number, budget: Budget): JsonObject {
  const members: [string, unknown][] = [];
  for (const [key, value] of Object.entries(object)) {
    if (value === undefined) continue;
    if (isSpent(budget)) break;
    const name = takeText(key, budget);
    members.push([name, cleanValue(value, depth + 1, budget)]);
  }
  // Not by assignment: a member that is named __proto__ is data like any other.
  return Object.fromEntries(members);
}

function cleanValue(value: unknown, depth: number, budget: Budget): unknown {
  budget.values -= 1;
  if (typeof value === 'string') return takeText(value, budget);
  if (typeof value !== 'object' || value === null) return value;
  if (depth > limits.depth) {
    budget.cut = true;
    return cutMark;
  }
  if (!Array.isArray(value)) return cleanMembers(value, depth, budget);
  const items: unknown[] = [];
  for (const item of value) {
    if (isSpent(budget)) break;
    items.push(cleanValue(item, depth + 1, budget));
  }
  return items;
}

function takeText(text: string, budget: Budget): string {
  const room = Math.min(limits.textUnits, Math.max(budget.units, 1));
  if (text.length > room) budget.cut = true;
  const taken = cleanText(cutText(text, room));
  budget.units -= taken.length;
  return taken;
}

function isSpent(budget: Budget): boolean {
  if (budget.values > 0 && budget.units > 0) return false;
  budget.cut = true;
  return true;
}

// RFC 3339, and what tools make of ISO 8601: a space for the T, an offset without its colon or its minutes, no seconds.
const instant = /^(\d{4}-\d\d-\d\d)[Tt ](\d\d:\d\d(?::\d\d(?:\.\d+)?)?)(?:([Zz])|([+-]\d\d):?(\d\d)?)?$/;

/** The moment that a tool's text names; UTC when it names no zone. Undefined when it is none, or lies before 1970. */
export function readInstant(text: string): EpochMs | undefined {
  const match = instant.exec(text.trim());
  if (match === null) return undefined;
  const [, day, time, , hours, minutes = '00'] = match;
  const at = Date.parse(`${day}T${time}${hours === undefined ? 'Z' : `${hours}:${minutes}`}`);
  return Number.isNaN(at) || at < 0 ? undefined : at;
}

/** When something was observed: as the tool says, but never in the future, because its clock may be wrong. */
export function observedAt(text: string | undefined, now: EpochMs): EpochMs {
  const at = text === undefined ? undefined : readInstant(text);
  return at === undefined ? now : Math.min(at, now);
}

/** The address when it is one that a person may safely be given to click: `javascript:` and others are not. */
export function webAddress(text: string | undefined): string | undefined {
  if (text === undefined || text.length > 4_096 || !/^https?:\/\//i.test(text) || !URL.canParse(text)) return undefined;
  return text;
}
