import { DAY_MS, wallClock } from './wall-clock.ts';
import { compileWeek } from './weekly-hours.ts';
import type { EpochMs, NotificationRules, NotificationStep, Severity, Urgency, WakingHours } from './words.ts';

/** What is known of a person who is to be called. */
export interface Reachable {
  personId: string;
  timeZone: string;
  /** Null: all contact methods at once, at any hour. */
  rules: NotificationRules | null;
  /** Those in use, in the person's order. */
  contactMethodIds: readonly string[];
}

/** One page that is owed to a person. */
export interface OwedPage {
  contactMethodId: string;
  /** Its place in the rules. */
  position: number;
  dueAt: EpochMs;
  /** Later than `dueAt` when it waits for the end of the quiet hours. */
  sendAt: EpochMs;
  isHeld: boolean;
}

export const urgencyOf = (severity: Severity): Urgency => (severity === 'minor' ? 'low' : 'high');

/**
 * The pages that a step owes to one person: by the person's own rules, and by all contact methods at once where no rule leads
 * anywhere any more, so that whoever can be reached is.
 */
export function planNotifications(person: Reachable, urgency: Urgency, now: EpochMs): OwedPage[] {
  const known = new Set(person.contactMethodIds);
  const rules = (person.rules?.[urgency] ?? []).filter(({ contactMethodId }) => known.has(contactMethodId));
  const all: NotificationStep[] = person.contactMethodIds.map((contactMethodId) => ({ contactMethodId, afterMs: 0 }));
  const quiet = urgency === 'low' ? (person.rules?.quietHours ?? null) : null;
  return (rules.length > 0 ? rules : all).map(({ contactMethodId, afterMs }, position) => {
    const dueAt = now + afterMs;
    const sendAt = quiet === null ? dueAt : endOfQuiet(quiet, person.timeZone, dueAt);
    return { contactMethodId, position, dueAt, sendAt, isHeld: sendAt > dueAt };
  });
}

/** The end of the quiet hours that hold at `at`, or `at` itself. Held for two days at most, whatever the hours say. */
export function endOfQuiet(hours: WakingHours, timeZone: string, at: EpochMs): EpochMs {
  const clock = wallClock(timeZone);
  const moment = compileWeek([hours]);
  let until = at;
  // Hours that go on over the end of the week, or over a change of the clocks, are looked at again where they seem to end.
  for (let look = 0; look < 4; look++) {
    const { inside, untilWall } = moment(clock.furthestAt(until));
    if (!inside) return until;
    until = Math.max(until + 1, clock.reachedAt(untilWall));
  }
  return Math.min(until, at + 2 * DAY_MS);
}
