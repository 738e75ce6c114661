import { warning } from './finding-texts.ts';
import type { KnownPeople } from './judge-schedule.ts';
import type { PlanFinding } from './schemas.ts';

/** Standing warnings of a team. */
export function judgeTeam(members: readonly string[], policyId: string | null, people: KnownPeople): PlanFinding[] {
  const findings: PlanFinding[] = [];
  if (members.length === 0) findings.push(warning('no-members', 'members', 'This team has no members.'));
  if (policyId === null)
    findings.push(warning('no-policy', 'policyId', 'No policy is chosen: its trouble calls the owners and admins.'));
  for (const id of members) {
    const person = people.get(id);
    if (person?.methods === 0)
      findings.push(
        warning('no-contact-method', 'members', `${person.name} cannot be paged: there is no contact method.`),
      );
  }
  return findings;
}
