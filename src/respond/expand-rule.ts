import { RRuleTemporal } from 'rrule-temporal';
import { rememberHandOffs } from '../domain/rotation-custom.ts';

/**
 * Expands the RRULE (RFC 5545) of a custom rotation. It is read in UTC: the readings are of a wall, and the domain gives them to the
 * zone. What was expanded is remembered for as long as the process lives.
 */
export const expandRule = rememberHandOffs((rule, startWall, fromWall, untilWall) => {
  const start = Temporal.Instant.fromEpochMilliseconds(startWall).toZonedDateTimeISO('UTC').toPlainDateTime();
  const compact = start.toString({ smallestUnit: 'second' }).replaceAll(/[-:]/g, '');
  const library = new RRuleTemporal({
    rruleString: `DTSTART;TZID=UTC:${compact}\nRRULE:${rule.replace(/^RRULE:/i, '')}`,
  });
  return library
    .between(new Date(fromWall), new Date(untilWall), true)
    .map((date) => date.epochMilliseconds)
    .filter((wall) => wall >= fromWall && wall < untilWall);
});
