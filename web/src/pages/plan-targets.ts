import { useQuery } from '@tanstack/react-query';
import { peopleQuery, plannedSchedulesQuery, teamsQuery } from '../api/queries.ts';
import type { PolicyView } from '../api/types.ts';
import { spanText } from '../ui/time.tsx';

export type Step = PolicyView['steps'][number];
type Target = Step['targets'][number];

/** Everything that a step may call, in groups, and how it is called in a sentence. */
export interface TargetNames {
  groups: { label: string; targets: (Target & { name: string })[] }[];
}

export function useTargetNames(): TargetNames {
  const schedules = useQuery(plannedSchedulesQuery).data?.schedules ?? [];
  const teams = useQuery(teamsQuery).data?.teams ?? [];
  const people = useQuery(peopleQuery).data?.people ?? [];
  return {
    groups: [
      { label: 'On call by', targets: schedules.map(({ id, name }) => ({ kind: 'schedule', id, name })) },
      { label: 'A person', targets: people.map(({ id, name }) => ({ kind: 'person', id, name })) },
      { label: 'All of a team', targets: teams.map(({ id, name }) => ({ kind: 'team', id, name })) },
      { label: 'The next of a team', targets: teams.map(({ id, name }) => ({ kind: 'round-robin', id, name })) },
      {
        label: 'A channel, to read along',
        targets: teams.flatMap((team) => team.channels.map(({ id, name }) => ({ kind: 'channel', id, name }))),
      },
    ],
  };
}

export const keyOf = ({ kind, id }: Target): string => `${kind} ${id}`;

const phrases: Record<Target['kind'], (name: string) => string> = {
  schedule: (name) => `whoever is on call in ${name}`,
  person: (name) => name,
  team: (name) => `everybody of ${name}`,
  'round-robin': (name) => `the next of ${name}`,
  channel: (name) => `the channel ${name}`,
};

export function targetText(target: Target, { groups }: TargetNames): string {
  const known = groups.flatMap(({ targets }) => targets).find((one) => keyOf(one) === keyOf(target));
  return phrases[target.kind](known?.name ?? `${target.id} (gone)`);
}

/** `Call whoever is on call in Primary, and wait 5 min. Only for critical.` */
export function stepSentence({ targets, waitMs, when }: Step, names: TargetNames): string {
  const whom = targets.map((target) => targetText(target, names)).join(' and ') || 'nobody yet';
  const limits = [
    when?.severities === undefined ? '' : ` Only for ${when.severities.join(' and ')}.`,
    when?.hours === undefined ? '' : ` Only ${when.hours.outside === true ? 'outside of' : 'in'} its hours.`,
  ];
  return `Call ${whom}, and wait ${spanText(waitMs)}.${limits.join('')}`;
}
