import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Hono } from 'hono';
import { pino } from 'pino';
import type { Ctx, Loop } from '../../../src/platform/context.ts';
import { problemResponse } from '../../../src/platform/http/problem.ts';
import { openMetrics } from '../../../src/platform/metrics.ts';
import { systemRandom } from '../../../src/platform/random.ts';
import { openIncident } from '../../../src/respond/index.ts';
import { createPublisher, createSite, type Site, tellRoutes } from '../../../src/tell/index.ts';
import { both, type Subject } from '../db/both.ts';

/** 3 December 2026, 14:40 UTC. */
export const begin = Date.UTC(2026, 11, 3, 14, 40);
export const minute = 60_000;
export const day = 86_400_000;

const [embedded] = both;

/** The tell room on a database of its own, with a directory of its own, its routes, and a clock that is moved by hand. */
export async function openTell(subject: Subject | undefined = embedded) {
  if (subject === undefined) throw new Error('there is no such database');
  const opened = await subject.open();
  const home = await mkdtemp(join(tmpdir(), 'hugops-tell-'));
  const directory = join(home, 'site');
  const time = { now: begin };
  let isLost = false;
  const woken: Loop[] = [];
  const logged: object[] = [];
  const log = pino({ level: 'warn' }, { write: (line: string) => void logged.push(JSON.parse(line) as object) });
  const ctx: Ctx = {
    db: opened.db,
    clock: { now: () => time.now },
    random: systemRandom,
    log,
    metrics: openMetrics(false),
    publicUrl: 'https://status.example.com',
    secret: 'the secret of this installation',
    nodeId: 'node-1',
    wake: (loop) => void woken.push(loop),
  };
  const site = createSite({ directory, log });
  const publisher = createPublisher(ctx, site);
  const app = new Hono();
  app.route('/', tellRoutes(ctx, publisher));
  app.notFound(() => site.notFound());
  app.onError((error) => problemResponse(error));
  return {
    ctx,
    db: opened.db,
    time,
    woken,
    logged,
    home,
    directory,
    site,
    publisher,
    app,
    /** Publishes what is due now. */
    tick: (): Promise<number> => publisher.tick(time.now),
    /** The text at an address, as a visitor without compression gets it. */
    read: async (path: string): Promise<string> => (await app.request(path)).text(),
    json: async (path: string): Promise<never> => (await (await app.request(path)).json()) as never,
    /** Another process on the same directory. */
    anotherSite: (): Site => createSite({ directory, log }),
    /** From here on every query fails. */
    loseDatabase: async (): Promise<void> => {
      isLost = true;
      await opened.close();
    },
    close: async (): Promise<void> => {
      if (!isLost) await opened.close();
      await rm(home, { recursive: true, force: true });
    },
  };
}

export type Tell = Awaited<ReturnType<typeof openTell>>;

/** A page with one group of two services, and a third of its own. */
export async function addPage({ db }: Pick<Tell, 'db'>, services = ['checkout', 'search', 'docs']): Promise<void> {
  const owned = { owned_by: 'file' as const, created_at: begin - 100 * day };
  await db
    .insertInto('status_pages')
    .values({ ...owned, id: 'main', title: 'Example Shop', updated_at: begin - 100 * day })
    .execute();
  await db.insertInto('component_groups').values({ id: 'shop', page_id: 'main', name: 'Shop', position: 1 }).execute();
  for (const [index, id] of services.entries()) {
    await addService({ db }, id);
    await db
      .insertInto('components')
      .values({
        id: `cmp-${id}`,
        page_id: 'main',
        group_id: index < 2 ? 'shop' : null,
        service_id: id,
        name: `The ${id}`,
        position: index + 1,
        created_at: owned.created_at,
        updated_at: owned.created_at,
      })
      .execute();
  }
}

export async function addService({ db }: Pick<Tell, 'db'>, id: string): Promise<void> {
  await db
    .insertInto('services')
    .values({
      id,
      name: id,
      team_id: null,
      policy_id: null,
      status: 'up',
      status_since: begin - 90 * day,
      owned_by: 'file',
      created_at: begin - 100 * day,
      archived_at: null,
    })
    .execute();
}

export async function addPerson({ db }: Pick<Tell, 'db'>, name: string, showName: boolean): Promise<string> {
  const id = `per_${name.toLowerCase()}`;
  await db
    .insertInto('people')
    .values({
      id,
      name,
      email: `${id}@example.com`,
      time_zone: 'UTC',
      waking_hours: JSON.stringify({ days: [1, 2, 3, 4, 5], from: '09:00', to: '17:00' }),
      show_name: showName,
      user_id: null,
      owned_by: 'file',
      created_at: begin,
      archived_at: null,
    })
    .execute();
  return id;
}

/** The checkout is down, or what is said instead. Returns the incident's id. */
export const openOne = (tell: Tell, more: { serviceId?: string; isPublic?: boolean } = {}): Promise<string> =>
  openIncident(tell.ctx, {
    serviceId: 'checkout',
    severity: 'critical',
    title: 'connect ECONNREFUSED 10.0.0.7:5432',
    openedBy: 'signal',
    actor: { kind: 'system' },
    now: tell.time.now,
    ...more,
  });
