import type { Selectable } from 'kysely';
import type { Ctx } from '../../../platform/context.ts';
import type { Tables } from '../../../platform/db/tables.ts';

type Rows<T extends keyof Tables> = Selectable<Tables[T]>[];

/** All that the file could change, archived rows too, as it is now. */
export interface ExistingRows {
  people: Rows<'people'>;
  contacts: Rows<'contact_methods'>;
  policies: Rows<'policies'>;
  teams: Rows<'teams'>;
  members: Rows<'team_members'>;
  schedules: Rows<'schedules'>;
  overrides: Rows<'schedule_overrides'>;
  services: Rows<'services'>;
  dependencies: Rows<'service_dependencies'>;
  checks: Rows<'checks'>;
  integrations: Rows<'integrations'>;
  pages: Rows<'status_pages'>;
  groups: Rows<'component_groups'>;
  components: Rows<'components'>;
  publishTargets: Rows<'publish_targets'>;
}

/** Reads it in the current transaction. */
export async function readExisting(ctx: Ctx): Promise<ExistingRows> {
  const { db } = ctx;
  // One after another: a transaction has one connection.
  return {
    people: await db.selectFrom('people').selectAll().execute(),
    contacts: await db.selectFrom('contact_methods').selectAll().execute(),
    policies: await db.selectFrom('policies').selectAll().execute(),
    teams: await db.selectFrom('teams').selectAll().execute(),
    members: await db.selectFrom('team_members').selectAll().execute(),
    schedules: await db.selectFrom('schedules').selectAll().execute(),
    overrides: await db.selectFrom('schedule_overrides').selectAll().execute(),
    services: await db.selectFrom('services').selectAll().execute(),
    dependencies: await db.selectFrom('service_dependencies').selectAll().execute(),
    checks: await db.selectFrom('checks').selectAll().execute(),
    integrations: await db.selectFrom('integrations').selectAll().execute(),
    pages: await db.selectFrom('status_pages').selectAll().execute(),
    groups: await db.selectFrom('component_groups').selectAll().execute(),
    components: await db.selectFrom('components').selectAll().execute(),
    publishTargets: await db.selectFrom('publish_targets').selectAll().execute(),
  };
}
