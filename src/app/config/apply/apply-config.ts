import { sql } from 'kysely';
import type { EpochMs } from '../../../domain/words.ts';
import { type Ctx, transact } from '../../../platform/context.ts';
import { ServiceError } from '../../../platform/errors.ts';
import { appendEvents } from '../../../platform/events.ts';
import { newSecret } from '../../../platform/random.ts';
import type { Config, KindSchemas } from '../config-schema.ts';
import { builtInKinds } from '../kinds.ts';
import { beginAdoptions, completeAdoptions, findAdoptions } from './adopt-people.ts';
import { type DesiredRows, desiredRows } from './desired-rows.ts';
import { defaultPolicyId } from '../policies-in-use.ts';
import { diffRows } from './diff-rows.ts';
import { type ExistingRows, readExisting } from './existing-rows.ts';
import { type Diffs, findConflicts, type Section } from './find-conflicts.ts';
import { freeUniques } from './free-uniques.ts';
import { endAlertsOf } from './end-alerts.ts';
import { archiveRows, batches, writeRows } from './write-diff.ts';
import { writeListen } from './write-listen.ts';
import { writeDependencies, writeMembers, writeOverrides } from './write-links.ts';
import { writePage } from './write-page.ts';

/** Ids by section of the file, such as `checks: ['checkout.home']`. */
type Summary = Partial<Record<Section | 'listen' | 'statusPage', string[]>>;

export interface Applied {
  /** False when the rows were as the file says already; then nothing was written, no event either. */
  readonly changed: boolean;
  readonly added: Summary;
  readonly altered: Summary;
  readonly archived: Summary;
}

// Any constant: two nodes that start with the same file apply it one after the other.
const lockKey = 4_680_001;

/**
 * Brings the rows that the file owns to what it says, in one transaction: adds, changes, and archives what is gone from it.
 * History is never deleted. Throws ServiceError 'conflict', with a field for each, when the console owns an id of the file or
 * still uses what is gone from it; then nothing is changed.
 */
export async function applyConfig(ctx: Ctx, config: Config, kinds: KindSchemas = builtInKinds): Promise<Applied> {
  return transact(ctx, async (tx) => {
    await sql`select pg_advisory_xact_lock(${lockKey})`.execute(tx.db);
    const now = tx.clock.now();
    const existing = await readExisting(tx);
    const wanted = withOwnChoices(withPingKeys(tx, desiredRows(config, kinds), existing), existing);
    const diffs = diffAll(wanted, existing);
    refuseConflicts(wanted, existing, diffs);
    await archiveAll(tx, diffs, now);
    const adoptions = findAdoptions(wanted, existing);
    await beginAdoptions(tx, adoptions, now);
    await freeUniques(tx, wanted, existing, diffs);
    await writeAll(tx, diffs, now);
    await completeAdoptions(tx, adoptions, existing);
    const applied = summarise(diffs, {
      teams: await writeMembers(tx, wanted, existing),
      services: await writeDependencies(tx, wanted, existing),
      schedules: await writeOverrides(tx, wanted, existing, now),
      listen: await writeListen(tx, config, now),
      statusPage: (await writePage(tx, wanted, existing, now)) ? new Set(['main']) : new Set(),
    });
    // After the page that they belong to.
    await writeRows(tx, 'publish_targets', diffs.publishTargets, now);
    if (applied.changed) {
      const { added, altered, archived } = applied;
      const joined = adoptions.map(({ from, to }) => ({ from, to }));
      const data = { added: shorten(added), changed: shorten(altered), archived: shorten(archived), joined };
      await appendEvents(tx, [{ kind: 'config.applied', at: now, actor: { kind: 'system' }, data }]);
    }
    return applied;
  });
}

/** A heartbeat without a key of its own in the file keeps the one that was made for it. */
function withPingKeys(ctx: Ctx, wanted: DesiredRows, existing: ExistingRows): DesiredRows {
  const given = new Set(wanted.checks.map((check) => check.ping_key));
  const kept = new Map(existing.checks.filter((row) => !given.has(row.ping_key)).map((row) => [row.id, row.ping_key]));
  const checks = wanted.checks.map((check) => ({
    ...check,
    ping_key: check.ping_key === undefined ? (kept.get(check.id) ?? newSecret(ctx.random)) : check.ping_key,
  }));
  return { ...wanted, checks };
}

/**
 * Whether they are named in public is decided by people themselves, in the console: the file's `true` is where they start, and
 * only its `false` is final. How they are called is theirs as well, as long as the file says nothing about it.
 */
function withOwnChoices(wanted: DesiredRows, existing: ExistingRows): DesiredRows {
  const known = new Set(existing.people.filter((row) => row.archived_at === null).map(({ id }) => id));
  const fromFile = new Set(existing.people.filter((row) => row.notification_rules?.inFile).map(({ id }) => id));
  const people = wanted.people.map((row) => ({
    ...row,
    show_name: known.has(row.id) && row.show_name === true ? undefined : row.show_name,
    // What an earlier file said goes with it.
    notification_rules: row.notification_rules ?? (fromFile.has(row.id) ? null : undefined),
  }));
  return { ...wanted, people };
}

function diffAll(wanted: DesiredRows, existing: ExistingRows): Diffs {
  return {
    people: diffRows(existing.people, wanted.people),
    contacts: diffRows(existing.contacts, wanted.contacts),
    policies: diffRows(existing.policies, wanted.policies, (id) => id === defaultPolicyId),
    teams: diffRows(existing.teams, wanted.teams),
    schedules: diffRows(existing.schedules, wanted.schedules),
    services: diffRows(existing.services, wanted.services),
    checks: diffRows(existing.checks, wanted.checks),
    integrations: diffRows(existing.integrations, wanted.integrations),
    publishTargets: diffRows(existing.publishTargets, wanted.publishTargets),
  };
}

function refuseConflicts(wanted: DesiredRows, existing: ExistingRows, diffs: Diffs): void {
  const conflicts = findConflicts(wanted, existing, diffs);
  const [first] = conflicts;
  if (first === undefined) return;
  const more = conflicts.length === 1 ? '' : ` (and ${conflicts.length - 1} more)`;
  throw new ServiceError(
    'conflict',
    `The configuration file was not applied. ${first.path}: ${first.message}${more}.`,
    {
      fields: conflicts,
    },
  );
}

async function archiveAll(ctx: Ctx, diffs: Diffs, now: EpochMs): Promise<void> {
  await archiveRows(ctx, 'people', diffs.people.archive, now);
  await archiveRows(ctx, 'contact_methods', diffs.contacts.archive, now);
  await archiveRows(ctx, 'policies', diffs.policies.archive, now);
  await archiveRows(ctx, 'teams', diffs.teams.archive, now);
  await archiveRows(ctx, 'schedules', diffs.schedules.archive, now);
  await archiveRows(ctx, 'services', diffs.services.archive, now);
  await archiveRows(ctx, 'checks', diffs.checks.archive, now);
  await archiveRows(ctx, 'integrations', diffs.integrations.archive, now);
  await archiveRows(ctx, 'publish_targets', diffs.publishTargets.archive, now);
  await endAlertsOf(ctx, diffs.integrations.archive, now);
  // A component of a service that is gone would stand on the page for ever in its last state, on whosever page it is.
  for (const batch of batches(diffs.services.archive)) {
    await ctx.db.deleteFrom('components').where('service_id', 'in', batch).execute();
  }
}

async function writeAll(ctx: Ctx, diffs: Diffs, now: EpochMs): Promise<void> {
  await writeRows(ctx, 'people', diffs.people, now);
  await writeRows(ctx, 'contact_methods', diffs.contacts, now);
  await writeRows(ctx, 'policies', diffs.policies, now);
  await writeRows(ctx, 'teams', diffs.teams, now);
  await writeRows(ctx, 'schedules', diffs.schedules, now);
  const unwatched = { status: 'unknown', status_since: now };
  await writeRows(ctx, 'services', diffs.services, now, { onInsert: unwatched, onRevive: unwatched });
  for (const batch of batches([...diffs.services.insert, ...diffs.services.revive])) {
    const rows = batch.map(({ id }) => ({ service_id: id, at: now, status: 'unknown' as const, reason: 'created' }));
    await ctx.db.insertInto('service_status_changes').values(rows).execute();
  }
  // Revived ones are woken, and those that left laid to rest, by the scheduler's reload.
  await writeRows(ctx, 'checks', diffs.checks, now, { onInsert: { verdict_since: now } });
  await writeRows(ctx, 'integrations', diffs.integrations, now);
}

function summarise(
  diffs: Diffs,
  linked: {
    teams: Set<string>;
    services: Set<string>;
    schedules: Set<string>;
    listen: Set<string>;
    statusPage: Set<string>;
  },
): Applied {
  const added: Summary = {};
  const altered: Summary = {};
  const archived: Summary = {};
  const put = (summary: Summary, section: keyof Summary, ids: readonly string[]): void => {
    if (ids.length > 0) summary[section] = [...new Set([...(summary[section] ?? []), ...ids])];
  };
  for (const section of Object.keys(diffs) as Section[]) {
    const diff = diffs[section];
    put(
      added,
      section,
      [...diff.insert, ...diff.revive].map(({ id }) => id),
    );
    put(
      altered,
      section,
      diff.change.map(({ id }) => id),
    );
    put(archived, section, diff.archive);
  }
  for (const [section, ids] of Object.entries(linked) as [keyof Summary, Set<string>][]) {
    const known = new Set([...(added[section] ?? []), ...(archived[section] ?? [])]);
    put(
      altered,
      section,
      [...ids].filter((id) => !known.has(id)),
    );
  }
  const changed = [added, altered, archived].some((summary) => Object.keys(summary).length > 0);
  return { changed, added, altered, archived };
}

const listed = 100;

/** For the event: an overview, not a copy of the file. */
function shorten(summary: Summary): Record<string, { count: number; ids: string[] }> {
  return Object.fromEntries(
    Object.entries(summary).map(([section, ids]) => [section, { count: ids.length, ids: ids.slice(0, listed) }]),
  );
}
