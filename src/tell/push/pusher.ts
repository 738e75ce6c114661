import type { Selectable } from 'kysely';
import { decidePush, pushAgainAfterMs, type PushState } from '../../domain/push.ts';
import type { Ctx } from '../../platform/context.ts';
import type { Tables } from '../../platform/db/tables.ts';
import { type ResolveSecret, secretReference } from '../../platform/secret-reference.ts';
import type { Publication } from '../publication-store.ts';
import { pushToDirectory } from './push-directory.ts';
import type { PushHttp } from './push-http.ts';
import { pushToPurge } from './push-purge.ts';
import { pushToS3 } from './push-s3.ts';
import { PushError, type PublishTarget, publishTargetSchema, type PushTo } from './push-target.ts';

export interface PusherParts {
  publicationOf(pageId: string): Publication | undefined;
  http: PushHttp;
  resolveSecret: ResolveSecret;
}

export interface Pusher {
  /** Starts pushing wherever a place lacks the publication, and does not wait for it. Returns how many were started. Call it when woken and every second. */
  run(now: number): Promise<number>;
  /** Resolves when nothing is on its way. */
  idle(): Promise<void>;
}

type Row = Pick<
  Selectable<Tables['publish_targets']>,
  'id' | 'page_id' | 'kind' | 'config' | 'owned_by' | 'published_at' | 'files' | 'failures' | 'next_attempt_at'
>;

/** One place as this process knows it: what it holds stays true here also while the database is away. */
interface Place {
  row: Row;
  /** The configuration that `push` was made from. */
  made: string;
  push: PushTo;
  isPurge: boolean;
  state: PushState;
  files: Map<string, string>;
  isWhole: boolean;
  pushing: Promise<void> | undefined;
}

const readEveryMs = 2_000;

/** Pushes publications to every target until they have them. Each target goes at its own pace, and none holds up another or the page. */
export function createPusher(ctx: Ctx, parts: PusherParts): Pusher {
  const places = new Map<string, Place>();
  let readAt = Number.NEGATIVE_INFINITY;

  const read = async (now: number): Promise<void> => {
    if (now >= readAt && now - readAt < readEveryMs && places.size > 0) return;
    try {
      const rows = await ctx.db
        .selectFrom('publish_targets')
        .select(['id', 'page_id', 'kind', 'config', 'owned_by', 'published_at', 'files', 'failures', 'next_attempt_at'])
        .where('archived_at', 'is', null)
        .execute();
      for (const id of places.keys()) if (!rows.some((row) => row.id === id)) forget(ctx, places, id);
      for (const row of rows) keep(ctx, parts, places, row);
      readAt = now;
    } catch (error) {
      // What is to be where is known from the last time; a database that is away must not keep a copy from being right.
      if (places.size === 0) throw error;
      ctx.log.debug({ err: error }, 'the targets could not be read again; going on with those known');
    }
  };

  return {
    async run(now) {
      await read(now);
      let started = 0;
      for (const place of places.values()) {
        if (place.pushing !== undefined) continue;
        const publication = parts.publicationOf(place.row.page_id);
        if (publication === undefined || (place.isPurge && isEarly(place, places.values(), publication, now))) continue;
        if (decidePush(place.state, publication.publishedAt, now).action === 'wait') continue;
        started++;
        place.pushing = pushOnce(ctx, place, places, publication, now).finally(() => {
          place.pushing = undefined;
          ctx.wake('push');
        });
      }
      return started;
    },
    async idle() {
      await Promise.all([...places.values()].flatMap((place) => place.pushing ?? []));
    },
  };
}

function keep(ctx: Ctx, parts: PusherParts, places: Map<string, Place>, row: Row): void {
  const made = JSON.stringify([row.config, row.owned_by]);
  const known = places.get(row.id);
  if (known?.made === made) {
    known.row = row;
    return;
  }
  const parsed = publishTargetSchema.safeParse(row.config);
  if (!parsed.success) {
    ctx.log.error({ target: row.id }, 'a publish target cannot be understood and is left out');
    return;
  }
  const config = parsed.data;
  places.set(row.id, {
    row,
    made,
    push: pushTo(config, parts, row.owned_by),
    isPurge: config.kind === 'purge',
    state: {
      // What it held was put by other settings or another process: it is checked by putting everything once.
      publishedAt: known === undefined ? (row.published_at ?? undefined) : undefined,
      failures: known === undefined ? row.failures : 0,
      nextAttemptAt: known === undefined ? row.next_attempt_at : 0,
    },
    files: new Map(Object.entries(row.files)),
    isWhole: true,
    pushing: undefined,
  });
}

function forget(ctx: Ctx, places: Map<string, Place>, id: string): void {
  places.delete(id);
  ctx.metrics.targetPublished.remove({ target: id });
}

function pushTo(config: PublishTarget, parts: PusherParts, ownedBy: 'file' | 'console'): PushTo {
  const secret = (reference: string) => (): string =>
    reference.replace(secretReference, (written, source: 'env' | 'file', name: string) => {
      const value = parts.resolveSecret(source, name, ownedBy);
      if (value === undefined) throw new PushError(`the secret ${written} is not there`);
      return value;
    });
  if (config.kind === 'directory') return pushToDirectory(config);
  if (config.kind === 's3') return pushToS3(config, secret(config.secretAccessKey), parts.http);
  return pushToPurge(config, secret(config.secret), parts.http);
}

/** A cache that is emptied before the copy behind it is new would fill itself with the old one. A place in trouble is not waited for. */
const isEarly = (purge: Place, places: Iterable<Place>, publication: Publication, now: number): boolean =>
  [...places].some(
    (place) =>
      !place.isPurge &&
      place.row.page_id === purge.row.page_id &&
      place.state.failures === 0 &&
      decidePush(place.state, publication.publishedAt, now).action === 'push',
  );

async function pushOnce(
  ctx: Ctx,
  place: Place,
  places: ReadonlyMap<string, Place>,
  publication: Publication,
  now: number,
): Promise<void> {
  const { kind } = place.row;
  let error: PushError | undefined;
  try {
    await place.push({ publication, files: place.files, isWhole: place.isWhole, now });
  } catch (thrown) {
    if (!(thrown instanceof PushError)) ctx.log.error({ err: thrown, target: place.row.id }, 'a push failed');
    error =
      thrown instanceof PushError ? thrown : new PushError('it failed in a way that nobody expected; see the log');
  }
  ctx.metrics.pushes.inc({ kind, outcome: error === undefined ? 'pushed' : 'failed' });
  if (error === undefined) {
    if (place.state.failures > 0 && !place.isPurge) purgeAgain(place, places);
    place.state = { publishedAt: publication.publishedAt, failures: 0, nextAttemptAt: 0 };
    place.isWhole = false;
    ctx.metrics.targetPublished.set({ target: place.row.id }, publication.publishedAt / 1000);
  } else {
    const failures = place.state.failures + 1;
    if (failures === 1) ctx.log.warn({ target: place.row.id, reason: error.message }, 'the page could not be pushed');
    // Measured from now, not from when the attempt began, so that a slow refusal is not asked again at once.
    const nextAttemptAt = ctx.clock.now() + pushAgainAfterMs(failures, error.retryAfterMs);
    place.state = { ...place.state, failures, nextAttemptAt };
  }
  await note(ctx, place, error);
}

/** While it was in trouble the cache was told without it: what it has now is new to the cache. */
function purgeAgain(place: Place, places: ReadonlyMap<string, Place>): void {
  for (const other of places.values()) {
    if (!other.isPurge || other.row.page_id !== place.row.page_id) continue;
    other.state = { ...other.state, publishedAt: undefined };
    other.isWhole = true;
  }
}

async function note(ctx: Ctx, place: Place, error: PushError | undefined): Promise<void> {
  const { publishedAt, failures, nextAttemptAt } = place.state;
  try {
    await ctx.db
      .updateTable('publish_targets')
      .set({
        failures,
        next_attempt_at: nextAttemptAt,
        error: error?.message.slice(0, 500) ?? null,
        files: JSON.stringify(Object.fromEntries(place.files)),
        ...(error === undefined ? { published_at: publishedAt ?? null, pushed_at: ctx.clock.now() } : {}),
      })
      .where('id', '=', place.row.id)
      .execute();
  } catch (thrown) {
    ctx.log.warn({ err: thrown, target: place.row.id }, 'what a target holds could not be noted');
  }
}
