import type { Config, ServiceInFile, TeamInFile } from './config-schema.ts';

/**
 * The policy with this id serves every team, and every service without a team, that names no other. The first set-up makes one
 * in the console, which the file's takes over.
 */
export const defaultPolicyId = 'default';

const defaultPolicy = (config: Config): string | undefined =>
  Object.hasOwn(config.policies, defaultPolicyId) ? defaultPolicyId : undefined;

export const policyOfTeam = (team: TeamInFile, config: Config): string | undefined =>
  team.policy ?? defaultPolicy(config);

/** Whom trouble of the service is escalated to: its own policy, its team's, or the default. */
export function policyOfService(service: ServiceInFile, config: Config): string | undefined {
  const team = service.team === undefined ? undefined : config.teams[service.team];
  return service.policy ?? (team === undefined ? defaultPolicy(config) : policyOfTeam(team, config));
}
