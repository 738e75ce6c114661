import type { FieldError } from '../../../platform/errors.ts';
import type { DesiredRows } from './desired-rows.ts';
import type { RowDiff } from './diff-rows.ts';
import type { ExistingRows } from './existing-rows.ts';

export type Section =
  | 'people'
  | 'contacts'
  | 'policies'
  | 'teams'
  | 'schedules'
  | 'services'
  | 'checks'
  | 'integrations'
  | 'publishTargets';
export type Diffs = { [S in Section]: RowDiff<DesiredRows[S][number]> };

/**
 * Why the file cannot be applied: the console owns something of that id, or still uses what the file no longer has. Nothing is
 * taken from the console behind anybody's back, and nobody's pager falls silent because a line was deleted.
 */
export function findConflicts(wanted: DesiredRows, existing: ExistingRows, diffs: Diffs): FieldError[] {
  return [...takenIds(diffs), ...takenUniques(wanted, existing), ...stillUsed(existing, diffs)];
}

const sections: readonly Section[] = [
  'people',
  'contacts',
  'policies',
  'teams',
  'schedules',
  'services',
  'checks',
  'integrations',
  'publishTargets',
];

/** Where in the file an id stands: `checkout.home` of the checks is `services.checkout.checks.home`. */
function pathInFile(section: Section, id: string): string {
  const [owner = '', ...rest] = id.split('.');
  if (section === 'contacts' && owner === 'channel') return `teams.${rest[0] ?? ''}.channels.${rest[1] ?? ''}`;
  if (section === 'contacts') return `people.${owner}.contact`;
  if (section === 'checks' || section === 'integrations') return `services.${owner}.${section}.${rest.join('.')}`;
  if (section === 'publishTargets') return `statusPage.publishTo.${rest.join('.')}`;
  return `${section}.${id}`;
}

function* takenIds(diffs: Diffs): Generator<FieldError> {
  for (const section of sections) {
    for (const id of diffs[section].conflicts) {
      const message = 'the console owns something with this id: choose another id here, or archive that one there';
      yield { path: pathInFile(section, id), message };
    }
  }
}

function* takenUniques(wanted: DesiredRows, existing: ExistingRows): Generator<FieldError> {
  const hashes = new Map(
    existing.integrations
      .filter((row) => row.owned_by === 'console' && row.archived_at === null)
      .map((row) => [row.key_hash, row]),
  );
  for (const { id, key_hash: hash } of wanted.integrations) {
    const other = hashes.get(hash);
    if (other === undefined || other.id === id) continue;
    const message = `the integration ${other.name} (${other.id}), made in the console, has this key: use another`;
    yield { path: pathInFile('integrations', id), message };
  }
  const pingKeys = new Map(
    existing.checks
      .filter((row) => row.owned_by === 'console' && row.archived_at === null && row.ping_key !== null)
      .map((row) => [row.ping_key, row]),
  );
  for (const { id, ping_key: key } of wanted.checks) {
    const other = typeof key === 'string' ? pingKeys.get(key) : undefined;
    if (other === undefined || other.id === id) continue;
    const message = `the heartbeat ${other.name} (${other.id}), made in the console, has this key: use another`;
    yield { path: `${pathInFile('checks', id)}.pingKey`, message };
  }
}

interface Use {
  readonly section: 'people' | 'policies' | 'teams' | 'schedules' | 'services';
  readonly id: string;
  readonly by: string;
}

/** What the console's own things, and only those, refer to. */
function* usesByConsole(existing: ExistingRows): Generator<Use> {
  const isOwn = (row: { owned_by: string; archived_at: number | null }): boolean =>
    row.owned_by === 'console' && row.archived_at === null;
  for (const service of existing.services.filter(isOwn)) {
    const by = `the service ${service.name} (${service.id})`;
    if (service.policy_id !== null) yield { section: 'policies', id: service.policy_id, by };
    if (service.team_id !== null) yield { section: 'teams', id: service.team_id, by };
    for (const { depends_on: id } of existing.dependencies.filter((row) => row.service_id === service.id)) {
      yield { section: 'services', id, by };
    }
  }
  for (const team of existing.teams.filter(isOwn)) {
    const by = `the team ${team.name} (${team.id})`;
    if (team.policy_id !== null) yield { section: 'policies', id: team.policy_id, by };
    for (const { person_id: id } of existing.members.filter((row) => row.team_id === team.id)) {
      yield { section: 'people', id, by };
    }
  }
  for (const policy of existing.policies.filter(isOwn)) {
    for (const { kind, id } of policy.steps.flatMap(({ targets }) => targets)) {
      const section = kind === 'person' ? 'people' : kind === 'team' ? 'teams' : 'schedules';
      yield { section, id, by: `the policy ${policy.name} (${policy.id})` };
    }
  }
  for (const schedule of existing.schedules.filter(isOwn)) {
    for (const layer of schedule.layers as { people?: string[] }[]) {
      for (const id of layer.people ?? []) {
        yield { section: 'people', id, by: `the schedule ${schedule.name} (${schedule.id})` };
      }
    }
  }
}

function* stillUsed(existing: ExistingRows, diffs: Diffs): Generator<FieldError> {
  const told = new Set<string>();
  for (const { section, id, by } of usesByConsole(existing)) {
    const key = `${section} ${id} ${by}`;
    if (told.has(key) || !diffs[section].archive.includes(id)) continue;
    told.add(key);
    yield {
      path: pathInFile(section, id),
      message: `is gone from the file, but ${by}, made in the console, still uses it: change that first, or put it back`,
    };
  }
}
