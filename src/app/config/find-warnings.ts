import { findGaps } from '../../domain/schedule-on-call.ts';
import type { Schedule } from '../../domain/schedule.ts';
import { type EpochMs, severities, type Severity } from '../../domain/words.ts';
import type { Config, PolicyInFile, TeamInFile } from './config-schema.ts';
import { keyOffsetOf, type Located, type Path, type Problem } from './located.ts';
import { policyOfService } from './policies-in-use.ts';
import { localTimeAt, type ScheduleInFile, toLayer } from './schedule-schema.ts';

const lookAheadDays = 30;
const dayMs = 86_400_000;

/** What is possible, and yet hardly meant: found while the file is read and not first in the night when it matters. */
export function findWarnings(config: Config, root: Located, now: EpochMs): Problem[] {
  const warn = (path: Path, message: string, expected: string): Problem => ({
    offset: keyOffsetOf(root, path),
    path,
    message,
    expected,
  });
  const problems: Problem[] = [];
  for (const [id, team] of Object.entries(config.teams)) {
    if (membersOf(team).length > 0) continue;
    problems.push(warn(['teams', id], 'this team has no members', 'members or leads'));
  }
  for (const [id, policy] of Object.entries(config.policies)) {
    const uncovered = severities.filter((severity) => !policy.steps.some((step) => mayCall(step, severity)));
    if (uncovered.length > 0 && uncovered.length < severities.length) {
      const what = `this policy has no step that calls a person for ${uncovered.join(' and ')} incidents; owners and admins are called`;
      problems.push(warn(['policies', id], what, 'a step for every severity'));
    }
    if (peopleOf(policy, config).some((person) => (config.people[person]?.contact.length ?? 0) > 0)) continue;
    problems.push(
      warn(['policies', id], 'this policy reaches nobody who has a contact method', 'somebody with a contact method'),
    );
  }
  for (const [id, service] of Object.entries(config.services)) {
    if (policyOfService(service, config) !== undefined) continue;
    const expected = 'a policy, of the service or its team, or one with the id default';
    problems.push(warn(['services', id], 'nobody is paged for this service: it has no policy', expected));
  }
  for (const [id, schedule] of Object.entries(config.schedules)) {
    const gap = firstGap(toSchedule(id, schedule), now);
    if (gap !== undefined) problems.push(warn(['schedules', id], gap, 'somebody on call at all times'));
  }
  return problems;
}

/** Whether the step may call somebody for trouble of this severity, at some hour. A channel is told, and nobody is called. */
const mayCall = ({ when, notify }: PolicyInFile['steps'][number], severity: Severity): boolean =>
  (when?.severity?.includes(severity) ?? true) && notify.some(({ channel }) => channel === undefined);

const membersOf = (team: TeamInFile): string[] => [...team.members, ...team.leads];

/** Everybody whom a policy may ever notify. */
function peopleOf(policy: PolicyInFile, config: Config): string[] {
  return policy.steps.flatMap(({ notify }) =>
    notify.flatMap(({ person, team: whole, roundRobin, schedule }) => {
      if (person !== undefined) return [person];
      const team = whole ?? roundRobin;
      if (team !== undefined) return config.teams[team] === undefined ? [] : membersOf(config.teams[team]);
      const layers = schedule === undefined ? [] : (config.schedules[schedule]?.layers ?? []);
      return layers.flatMap((layer) => layer.people);
    }),
  );
}

/** The schedule of the file as the domain computes with it. */
export function toSchedule(id: string, schedule: ScheduleInFile): Schedule {
  return {
    id,
    name: schedule.name,
    timeZone: schedule.timeZone,
    layers: schedule.layers.map(toLayer),
    overrides: schedule.overrides.map(({ person, from, until }, index) => ({
      id: `override-${index + 1}`,
      personId: person,
      fromAt: localTimeAt(from, schedule.timeZone),
      untilAt: localTimeAt(until, schedule.timeZone),
    })),
  };
}

function firstGap(schedule: Schedule, now: EpochMs): string | undefined {
  const gaps = findGaps(schedule, now, now + lookAheadDays * dayMs);
  const [gap] = gaps;
  if (gap === undefined) return undefined;
  const from = Temporal.Instant.fromEpochMilliseconds(gap.fromAt).toZonedDateTimeISO(schedule.timeZone);
  const count = gaps.length === 1 ? 'a gap' : `${gaps.length} gaps`;
  const until = Temporal.Instant.fromEpochMilliseconds(gap.untilAt).toZonedDateTimeISO(schedule.timeZone);
  return `this schedule has ${count} in the next ${lookAheadDays} days, first from ${wallText(from)} to ${wallText(until)} (${schedule.timeZone})`;
}

const wallText = (time: Temporal.ZonedDateTime): string =>
  time.toPlainDateTime().toString({ smallestUnit: 'minute' }).replace('T', ' ');
