import type { Ctx } from '../platform/context.ts';
import { ServiceError } from '../platform/errors.ts';
import type { CreditView } from './schemas.ts';

/**
 * Who is credited in an incident and why, for those who work here: by name, never with a number. Who declined is not told. Before it
 * is resolved only those are there whom people have added.
 */
export async function readCredit(ctx: Ctx, incidentId: string, viewerId: string | undefined): Promise<CreditView> {
  const incident = await ctx.db
    .selectFrom('incidents')
    .select(['id', 'status'])
    .where('id', '=', incidentId)
    .executeTakeFirst();
  if (!incident) throw new ServiceError('not-found', 'There is no such incident.');
  const rows = await ctx.db
    .selectFrom('credits')
    .innerJoin('people', 'people.id', 'credits.person_id')
    .select(['people.id', 'people.name', 'credits.reasons', 'credits.declined_at', 'credits.hidden_at'])
    .where('credits.incident_id', '=', incidentId)
    .orderBy('people.name')
    .orderBy('people.id')
    .execute();
  const added = await ctx.db
    .selectFrom('credit_additions')
    .innerJoin('people', 'people.id', 'credit_additions.person_id')
    .select(['people.id', 'people.name', 'credit_additions.reason'])
    .where('incident_id', '=', incidentId)
    .orderBy('people.name')
    .orderBy('credit_additions.reason')
    .execute();
  const mine = rows.find((row) => row.id === viewerId);
  const people = rows
    .filter((row) => row.declined_at === null)
    .map((row) => ({
      id: row.id,
      name: row.name,
      reasons: row.reasons,
      added: added.filter(({ id }) => id === row.id).map(({ reason }) => reason),
    }));
  const waiting = added.filter(({ id }) => !rows.some((row) => row.id === id));
  return {
    isOver: incident.status === 'resolved',
    people: [
      ...people,
      ...[...Map.groupBy(waiting, ({ id }) => id).values()].flatMap((group) =>
        group[0] === undefined
          ? []
          : [
              {
                id: group[0].id,
                name: group[0].name,
                reasons: group.map(({ reason }) => reason),
                added: group.map(({ reason }) => reason),
              },
            ],
      ),
    ],
    me: mine === undefined ? null : { declined: mine.declined_at !== null, hidden: mine.hidden_at !== null },
  };
}
