import type { PersonId } from './schedule.ts';
import { severities } from './words.ts';
import type { PolicyStep, Severity } from './words.ts';

/** What a policy may call, as it is now. Only what is in use counts. */
export interface PolicyFacts {
  /** Everybody in the layers of a schedule, by its id. */
  readonly schedules: ReadonlyMap<string, readonly PersonId[]>;
  /** Members by the team's id. */
  readonly teams: ReadonlyMap<string, readonly PersonId[]>;
  /** People, and whether they have a contact method. */
  readonly people: ReadonlyMap<PersonId, { readonly canBeCalled: boolean }>;
  readonly channels: ReadonlySet<string>;
}

/** Something about a policy that is possible and hardly meant. `step` counts from 0. */
export type PolicyFinding =
  | { readonly code: 'reaches-nobody' }
  | { readonly code: 'severities-uncovered'; readonly severities: readonly Severity[] }
  | { readonly code: 'target-is-gone'; readonly step: number; readonly target: number }
  | { readonly code: 'target-reaches-nobody'; readonly step: number; readonly target: number };

/**
 * Standing warnings of a policy. None of them keeps it from being saved, because whoever sets up a team needs an order in which
 * to do it; trouble that reaches nobody calls the owners and admins.
 */
export function findInPolicy(steps: readonly PolicyStep[], facts: PolicyFacts): PolicyFinding[] {
  const findings: PolicyFinding[] = [];
  const covered = new Set<Severity>();
  for (const [step, { targets, when }] of steps.entries()) {
    for (const [target, { kind, id }] of targets.entries()) {
      const reached = peopleBehind(kind, id, facts);
      if (reached === undefined) findings.push({ code: 'target-is-gone', step, target });
      else if (kind === 'channel') continue;
      else if (!reached.some((person) => facts.people.get(person)?.canBeCalled))
        findings.push({ code: 'target-reaches-nobody', step, target });
      else for (const severity of when?.severities ?? severities) covered.add(severity);
    }
  }
  if (covered.size === 0) return [{ code: 'reaches-nobody' }, ...findings];
  const uncovered = severities.filter((severity) => !covered.has(severity));
  return uncovered.length === 0 ? findings : [{ code: 'severities-uncovered', severities: uncovered }, ...findings];
}

/** Undefined: there is no such thing (any more). */
function peopleBehind(
  kind: PolicyStep['targets'][number]['kind'],
  id: string,
  facts: PolicyFacts,
): readonly PersonId[] | undefined {
  switch (kind) {
    case 'person':
      return facts.people.has(id) ? [id] : undefined;
    case 'schedule':
      return facts.schedules.get(id);
    case 'team':
    case 'round-robin':
      return facts.teams.get(id);
    case 'channel':
      return facts.channels.has(id) ? [] : undefined;
  }
}
