import type { EpochMs } from '../../domain/words.ts';

const day = 86_400_000;
const instantForm = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2})?Z$/;
const clockForm = /^(?:day ([2-9]|[1-3]\d) )?([01]\d|2[0-3]):([0-5]\d)(?::([0-5]\d))?$/;

/** What an editor may check of a time within a scenario. */
export const scenarioTimePattern = '^(day ([2-9]|[1-3]\\d) )?([01]\\d|2[0-3]):[0-5]\\d(:[0-5]\\d)?$';

/** Epoch milliseconds of `2015-09-20T09:00:00Z`; undefined for anything else, and for a date that does not exist. */
export function readInstant(text: string): EpochMs | undefined {
  if (!instantForm.test(text)) return undefined;
  try {
    return Temporal.Instant.from(text).epochMilliseconds;
  } catch {
    return undefined;
  }
}

/** Epoch milliseconds of `09:13`, `09:13:30` or `day 2 16:00`: UTC, on the day of the start or so many days later. */
export function readScenarioTime(text: string, startsAt: EpochMs): EpochMs | undefined {
  const match = clockForm.exec(text);
  if (match === null) return undefined;
  const [, days = '1', hours = '0', minutes = '0', seconds = '0'] = match;
  const midnight = startsAt - (startsAt % day);
  return midnight + (Number(days) - 1) * day + (Number(hours) * 3_600 + Number(minutes) * 60 + Number(seconds)) * 1_000;
}
