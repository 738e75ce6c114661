import { Hono } from 'hono';
import { type Ctx } from '../platform/context.ts';
import { ServiceError } from '../platform/errors.ts';
import { rateLimit } from '../platform/http/limits.ts';
import { plainPage } from '../platform/http/plain-page.ts';
import { verifyLink } from '../platform/signed-link.ts';
import { acknowledgeIncident } from './incidents/acknowledge.ts';
import { acknowledgePurpose } from './page-message.ts';

interface LinkedPage {
  personId: string;
  personName: string;
  incidentId: string;
  number: number;
  title: string;
  status: string;
  openedAt: number;
  acknowledgedByName: string | null;
}

/**
 * The link in a page's message. GET only asks, because mail scanners and chat previews follow links; the button's POST acts. The link is
 * the page's own, signed, expires, and can do nothing but acknowledge.
 */
export function acknowledgeRoutes(ctx: Ctx): Hono {
  const app = new Hono();
  app.use('/a/*', rateLimit({ clock: ctx.clock, burst: 30, perMs: 60_000 }));
  app.get('/a/:token', async (c) => {
    const page = await readLink(ctx, c.req.param('token'));
    if (page.status === 'resolved')
      return c.html(
        plainPage({
          title: 'Already over',
          lines: [`#${page.number} ${page.title}`, 'This incident is resolved. Nothing to do.'],
        }),
      );
    if (page.status === 'acknowledged') return c.html(taken(page));
    return c.html(
      plainPage({
        title: page.title,
        lines: [`Incident #${page.number}. You are about to take it as ${page.personName}.`],
        since: page.openedAt,
        button: { label: 'Acknowledge', action: c.req.path },
        link: { label: 'Open the incident', href: `${ctx.publicUrl}/console/incidents/${page.incidentId}` },
      }),
    );
  });
  app.post('/a/:token', async (c) => {
    const page = await readLink(ctx, c.req.param('token'));
    const now = ctx.clock.now();
    try {
      await acknowledgeIncident(ctx, {
        incidentId: page.incidentId,
        actor: { kind: 'person', id: page.personId },
        now,
        via: 'link',
      });
    } catch (error) {
      if (!(error instanceof ServiceError) || error.code !== 'conflict') throw error;
      return c.html(plainPage({ title: 'Already over', lines: [`#${page.number} ${page.title}`, error.message] }));
    }
    return c.html(taken(await readLink(ctx, c.req.param('token'))));
  });
  return app;

  function taken(page: LinkedPage): ReturnType<typeof plainPage> {
    const mine = page.acknowledgedByName === page.personName;
    return plainPage({
      title: mine ? 'You have it' : `${page.acknowledgedByName ?? 'Somebody'} has it`,
      lines: [`#${page.number} ${page.title}`, mine ? 'Nobody else is called for now.' : 'You can go back to sleep.'],
      link: { label: 'Open the incident', href: `${ctx.publicUrl}/console/incidents/${page.incidentId}` },
    });
  }
}

async function readLink(ctx: Ctx, token: string): Promise<LinkedPage> {
  const link = verifyLink(ctx.secret, acknowledgePurpose, token, ctx.clock.now());
  if (!link.ok) {
    throw link.reason === 'expired'
      ? new ServiceError('gone', 'This link has expired. Please open the incident in the console.')
      : new ServiceError('not-found', 'This link is not complete. Please open it from the message again.');
  }
  const row = await ctx.db
    .selectFrom('pages')
    .innerJoin('incidents as paged', 'paged.id', 'pages.incident_id')
    // What was merged since is answered for where it went.
    .innerJoin('incidents', (join) =>
      join.on((on) => on('incidents.id', '=', on.fn.coalesce('paged.merged_into_id', 'paged.id'))),
    )
    .innerJoin('people', 'people.id', 'pages.person_id')
    .leftJoin('people as taker', 'taker.id', 'incidents.acknowledged_by')
    .select([
      'people.id as person_id',
      'people.name',
      'incidents.id',
      'incidents.number',
      'incidents.title',
      'incidents.status',
      'incidents.opened_at',
    ])
    .select('taker.name as taker_name')
    .where('pages.id', '=', link.payload)
    .executeTakeFirst();
  if (!row) throw new ServiceError('not-found', 'There is no such page any more.');
  return {
    personId: row.person_id,
    personName: row.name,
    incidentId: row.id,
    number: row.number,
    title: row.title,
    status: row.status,
    openedAt: row.opened_at,
    acknowledgedByName: row.taker_name,
  };
}
