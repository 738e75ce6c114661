import { connect } from 'node:net';
import type { Kysely, PluginTransformQueryArgs } from 'kysely';
import { pino } from 'pino';
import type { Ctx } from '../../../src/platform/context.ts';
import { type DatabasePlace, openDatabase } from '../../../src/platform/db/open-database.ts';
import type { Tables } from '../../../src/platform/db/tables.ts';
import { listen } from '../../../src/platform/http/server.ts';
import { openMetrics } from '../../../src/platform/metrics.ts';
import { systemRandom } from '../../../src/platform/random.ts';
import { hashKey, inboundRoutes, type InboundOptions, openSourceTally } from '../../../src/watch/inbound/index.ts';
import { processSignals } from '../../../src/respond/index.ts';
import { migratedDump } from '../../harness/migrated-dump.ts';
import { createDatabase } from '../../harness/postgres.ts';

export type DatabaseKind = 'embedded' | 'postgres';

export const eventsKey = 'e'.repeat(32);
export const alertmanagerKey = 'a'.repeat(32);
export const withdrawnKey = 'w'.repeat(32);

/** A server with the inbound routes on a database of its own, one service and an integration of each tool. Time stands still. */
export async function openInbound(options: InboundOptions = {}, kind: DatabaseKind = 'embedded') {
  const place = await openPlace(kind);
  const opened = await openDatabase(place.at);
  const time = { now: Date.UTC(2026, 2, 1, 12) };
  const queries = { count: 0 };
  const db: Kysely<Tables> = opened.db.withPlugin({
    transformQuery: ({ node }: PluginTransformQueryArgs) => {
      queries.count++;
      return node;
    },
    transformResult: ({ result }) => Promise.resolve(result),
  });
  const ctx: Ctx = {
    db,
    clock: { now: () => time.now },
    random: systemRandom,
    log: pino({ level: 'silent' }),
    metrics: openMetrics(false),
    publicUrl: 'http://hugops.test',
    secret: 'secret',
    nodeId: 'node-1',
    wake: () => undefined,
  };
  await addService(db, 'shop', time.now);
  await addIntegration(db, { id: 'int_events', kind: 'events-v2', key: eventsKey });
  await addIntegration(db, { id: 'int_am', kind: 'alertmanager', key: alertmanagerKey });
  await addIntegration(db, { id: 'int_old', kind: 'events-v2', key: withdrawnKey, archivedAt: 1 });
  const tally = openSourceTally(ctx);
  const app = inboundRoutes(ctx, { tally, ...options });
  const server = await listen({ fetch: app.fetch, port: 0, host: '127.0.0.1', trustedProxies: 0 });
  const base = `http://127.0.0.1:${server.port}`;

  const post = async (path: string, body: string | Uint8Array<ArrayBuffer>, headers: Record<string, string> = {}) => {
    const init = { method: 'POST', body, headers: { 'content-type': 'application/json', ...headers } };
    const response = await fetch(base + path, init);
    const text = await response.text();
    return { status: response.status, headers: response.headers, body: parsed(text) };
  };
  return {
    ctx,
    db,
    time,
    queries,
    tally,
    base,
    post,
    event: (fields: object, headers?: Record<string, string>) =>
      post('/v2/enqueue', JSON.stringify({ routing_key: eventsKey, ...fields }), headers),
    /** Writes the bytes to a socket and reads until the other side closes. */
    raw: (bytes: string | Uint8Array) => exchange(server.port, bytes),
    place: async () => {
      while ((await processSignals(ctx, time.now)) > 0);
    },
    close: async () => {
      await server.close(100);
      await opened.close();
      await place.drop();
    },
  };
}

async function openPlace(kind: DatabaseKind): Promise<{ at: DatabasePlace; drop: () => Promise<void> }> {
  if (kind === 'embedded') return { at: { memory: true, dump: await migratedDump() }, drop: () => Promise.resolve() };
  const database = await createDatabase();
  return { at: { databaseUrl: database.url }, drop: () => database.drop() };
}

export type Inbound = Awaited<ReturnType<typeof openInbound>>;

export async function addService(db: Kysely<Tables>, id: string, now: number): Promise<void> {
  const row = { id, name: id, team_id: null, policy_id: null, status_since: now, created_at: now, archived_at: null };
  await db
    .insertInto('services')
    .values({ ...row, owned_by: 'console' })
    .execute();
}

export async function addIntegration(
  db: Kysely<Tables>,
  integration: { id: string; kind: string; key: string; serviceId?: string; archivedAt?: number; config?: object },
): Promise<void> {
  await db
    .insertInto('integrations')
    .values({
      id: integration.id,
      kind: integration.kind,
      name: integration.id,
      service_id: integration.serviceId ?? 'shop',
      key_hash: hashKey(integration.key),
      key_hint: 'hint',
      config: JSON.stringify(integration.config ?? {}),
      owned_by: 'console',
      created_at: 1,
      archived_at: integration.archivedAt ?? null,
    })
    .execute();
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function exchange(port: number, bytes: string | Uint8Array): Promise<string> {
  return new Promise((resolve, reject) => {
    let answer = '';
    const socket = connect(port, '127.0.0.1', () => socket.write(bytes));
    socket.setEncoding('utf8');
    socket.on('data', (chunk: string) => (answer += chunk));
    socket.on('close', () => resolve(answer));
    // The other side may close while this one still writes; what it answered before counts.
    socket.on('error', (error) => (answer === '' ? reject(error) : resolve(answer)));
  });
}
