import { sql } from 'kysely';
import type { Ctx } from '../platform/context.ts';
import type { Log } from '../platform/log.ts';
import { toArtefacts } from './artefact.ts';
import { createPublicationStore, type Publication } from './publication-store.ts';
import { readPage } from './read-page.ts';
import { notFoundPath, renderSite } from './render-site.ts';
import { type Answer, answerFor, type Asked } from './serve-artefact.ts';
import { siteAssets } from './site-assets.ts';

/** "Last published" means something only when it never grows old by itself: after this long the page is published again, changed or not. */
const renewAfterMs = 5 * 60_000;
/** Many events in a moment are one publication. */
const leastGapMs = 250;
const storeAgainAfterMs = 15_000;
const settingsEveryMs = 2_000;

/** The last publication in memory and on disk. It needs no database, so that a restarted process serves it before it has one. */
export interface Site {
  /** Serves what the directory holds. Returns when that was published, undefined when there is nothing. */
  loadFromDisk(): Promise<number | undefined>;
  /** For any HTTP server; undefined when the address is not a published one. */
  answer(asked: Asked): Answer | undefined;
  /** The same for a web-standard server. */
  serveArtefact(request: Request): Response | undefined;
  /** What an unknown address is answered with, status 404; plain text before the first publication. */
  notFound(): Response;
  readonly publication: Publication | undefined;
  publicationOf(pageId: string): Publication | undefined;
  /** When the directory last took a publication, and what it said when it refused the last one. */
  readonly disk: { storedAt: number | undefined; error: string | undefined };
  /** Takes a new publication: at once for readers, then to disk. Never rejects; a refusing disk is reported in `disk`. */
  replace(publication: Publication): Promise<void>;
}

export function createSite(options: { directory: string; log: Log }): Site {
  const store = createPublicationStore(options.directory);
  const { csp } = siteAssets();
  let publication: Publication | undefined;
  const disk: { storedAt: number | undefined; error: string | undefined } = { storedAt: undefined, error: undefined };
  const answer = (asked: Asked): Answer | undefined =>
    publication === undefined ? undefined : answerFor(publication.artefacts, asked, csp);
  return {
    get publication() {
      return publication;
    },
    publicationOf: (pageId) => (publication?.page.id === pageId ? publication : undefined),
    disk,
    answer,
    async loadFromDisk() {
      publication ??= await store.load();
      disk.storedAt = publication?.publishedAt;
      return publication?.publishedAt;
    },
    serveArtefact(request) {
      const url = new URL(request.url);
      const found = answer({
        method: request.method,
        url: url.pathname,
        acceptEncoding: request.headers.get('accept-encoding') ?? undefined,
        ifNoneMatch: request.headers.get('if-none-match') ?? undefined,
      });
      return found === undefined ? undefined : toResponse(found);
    },
    notFound() {
      const page = publication?.artefacts.get(notFoundPath);
      const headers = { 'cache-control': 'no-store', 'content-security-policy': csp };
      return page === undefined
        ? new Response('There is no such page.\n', {
            status: 404,
            headers: { ...headers, 'content-type': 'text/plain' },
          })
        : new Response(bytesOf(page.identity), { status: 404, headers: { ...headers, 'content-type': page.type } });
    },
    async replace(next) {
      publication = next;
      try {
        await store.store(next);
        if (disk.error !== undefined) options.log.info('the status page is kept on disk again');
        disk.storedAt = next.publishedAt;
        disk.error = undefined;
      } catch (error) {
        const reason = error instanceof Error ? error.message : String(error);
        if (disk.error === undefined) {
          options.log.error({ reason }, 'the status page could not be kept on disk; it is served from memory');
        }
        disk.error = reason;
      }
    },
  };
}

const toResponse = (answer: Answer): Response =>
  new Response(answer.body === undefined ? null : bytesOf(answer.body), {
    status: answer.status,
    headers: answer.headers,
  });

// Node's Buffer type allows shared memory, which a Response refuses; ours never is.
const bytesOf = (body: Buffer): Uint8Array<ArrayBuffer> => body as Uint8Array<ArrayBuffer>;

export interface Publisher {
  /**
   * Publishes when something public changed, or when the last publication is older than `renewAfterMs`. Returns how many publications that made: 0 or
   * 1. Call it when woken and every half second at least.
   */
  tick(now: number): Promise<number>;
  readonly site: Site;
}

/** Follows the log for this process. What it has seen is not stored: whoever starts anew publishes anew. */
export function createPublisher(ctx: Ctx, site: Site): Publisher {
  let seen: string | undefined;
  let isDirty = true;
  let publishedAt = Number.NEGATIVE_INFINITY;
  let settings = { text: '', readAt: Number.NEGATIVE_INFINITY };
  let running: Promise<number> | undefined;

  const look = async (now: number): Promise<void> => {
    const news = await readNews(ctx, seen);
    seen = news.snapshot;
    if (news.isPublic) isDirty = true;
    if (isDirty || now - settings.readAt < settingsEveryMs) return;
    const text = await readFingerprint(ctx);
    if (text !== settings.text) isDirty = true;
    settings = { text, readAt: now };
  };

  const publish = async (now: number): Promise<void> => {
    // What commits from here on makes the page dirty again.
    isDirty = false;
    try {
      settings = { text: await readFingerprint(ctx), readAt: now };
      const model = await readPage(ctx, now);
      const before = site.publication?.artefacts ?? new Map();
      const artefacts = await toArtefacts(renderSite(model, siteAssets()), before);
      await site.replace({ publishedAt: now, page: model.page, artefacts });
      publishedAt = now;
      ctx.metrics.targetPublished.set({ target: '(here)' }, now / 1000);
      ctx.wake('push');
      ctx.metrics.publishes.inc({ outcome: site.disk.error === undefined ? 'published' : 'not-stored' });
    } catch (error) {
      isDirty = true;
      ctx.metrics.publishes.inc({ outcome: 'failed' });
      throw error;
    }
  };

  const run = async (now: number): Promise<number> => {
    await look(now);
    const age = now - publishedAt;
    const mustStore = site.disk.error !== undefined && age >= storeAgainAfterMs;
    // At one frozen instant (a simulation) nothing may wait: only time that passes can be waited for.
    const isSoon = age > 0 && age < leastGapMs;
    if (!(isDirty && !isSoon) && age < renewAfterMs && !mustStore) return 0;
    await publish(now);
    return 1;
  };
  return {
    site,
    tick: (now) => {
      running ??= run(now).finally(() => {
        running = undefined;
      });
      return running;
    },
  };
}

// Who is paged and what responders note to each other is not public; whatever else happens may be.
const privateKinds = '^(page|escalation|note|signal|check|gift|action-item)[.]';

/**
 * Whether anything public was committed since `seen`, and what is seen now. This reader keeps its place in memory: whoever starts anew publishes anew.
 */
async function readNews(ctx: Ctx, seen: string | undefined): Promise<{ snapshot: string; isPublic: boolean }> {
  const { rows } = await sql<{ snapshot: string; news: boolean }>`
    select pg_current_snapshot()::text as snapshot, ${
      seen === undefined
        ? sql`true`
        : sql`exists (select from events where txid >= pg_snapshot_xmin(${seen}::pg_snapshot)
            and not pg_visible_in_snapshot(txid, ${seen}::pg_snapshot) and kind !~ ${privateKinds})`
    } as news`.execute(ctx.db);
  const [row] = rows;
  if (row === undefined) throw new Error('a select without from gives one row');
  return { snapshot: row.snapshot, isPublic: row.news };
}

/** What no event tells: settings of the page, its components, a service's measured state, planned work. A few small tables. */
async function readFingerprint(ctx: Ctx): Promise<string> {
  const { rows } = await sql<{ text: string }>`select concat_ws('|',
    (select concat(count(*), ':', max(updated_at)) from status_pages),
    (select concat(count(*), ':', max(updated_at)) from components),
    (select string_agg(concat(id, name, position), ',' order by id) from component_groups),
    (select concat(count(*), ':', max(status_since)) from services where archived_at is null),
    (select concat(count(*), ':', max(updated_at)) from maintenances)
  ) as text`.execute(ctx.db);
  return rows[0]?.text ?? '';
}
