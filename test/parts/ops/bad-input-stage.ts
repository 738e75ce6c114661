import { solveChallenge } from 'altcha-lib';
import { deriveKey } from 'altcha-lib/algorithms/pbkdf2';
import { sql } from 'kysely';
import { expect } from 'vitest';
import { openTestApp, type TestApp } from '../../harness/app.ts';

export interface Sent {
  status: number;
  headers: Headers;
  text: string;
}

export interface Ask {
  method?: string;
  headers?: Record<string, string>;
  /** A text or bytes as they are; anything else is sent as JSON. */
  body?: unknown;
  /** Without Content-Length. */
  chunked?: boolean;
  /** The visitor's address; another one each time by default, so that limits are met only where they are meant. */
  from?: string;
}

export interface Stage {
  hugops: TestApp;
  send(path: string, ask?: Ask): Promise<Sent>;
  /** An API key of a person with this role. */
  keyOf(role: 'admin' | 'responder' | 'viewer'): Promise<string>;
  /** A fresh solution of a fresh challenge, as the widget sends it. */
  solve(): Promise<string>;
  /** Rows in each table: what bad input must not change. */
  countRows(): Promise<Record<string, number>>;
}

const yaml = `
people:
  bob: { name: Bob, email: bob@example.com, timeZone: UTC }
services:
  checkout: { name: Checkout }
statusPage:
  title: Example status
  groups: [{ name: All, components: [{ service: checkout }] }]
`;

/** HugOps whole behind one proxy, which says who the visitor is. */
export async function openStage(variables: Record<string, string> = {}): Promise<Stage> {
  const hugops = await openTestApp({ yaml, variables: { HUGOPS_TRUSTED_PROXIES: '1', ...variables } });
  await hugops.app.tick();
  const { db } = hugops.app.ctx;
  let visitors = 0;
  const send: Stage['send'] = async (path, ask = {}) => {
    visitors += 1;
    const isRaw = typeof ask.body === 'string' || ask.body instanceof Uint8Array;
    const bytes =
      ask.body === undefined ? undefined : Buffer.from(isRaw ? (ask.body as string) : JSON.stringify(ask.body));
    const body = ask.chunked && bytes ? streamOf(bytes) : bytes;
    const response = await fetch(`http://127.0.0.1:${hugops.app.port}${path}`, {
      method: ask.method ?? (body === undefined ? 'GET' : 'POST'),
      redirect: 'manual',
      headers: {
        'x-forwarded-for': ask.from ?? `198.51.${Math.floor(visitors / 250)}.${visitors % 250}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...ask.headers,
      },
      ...(body === undefined ? {} : { body, duplex: 'half' }),
    });
    return { status: response.status, headers: response.headers, text: await response.text() };
  };
  return {
    hugops,
    send,
    async keyOf(role) {
      const id = `user-${role}`;
      const at = new Date(hugops.clock.now());
      await db
        .insertInto('auth_users')
        .values({
          id,
          name: role,
          email: `${role}@example.com`,
          email_verified: true,
          role,
          created_at: at,
          updated_at: at,
        })
        .onConflict((conflict) => conflict.doNothing())
        .execute();
      return (await hugops.app.auth.api.createApiKey({ body: { name: role, userId: id } })).key;
    },
    async solve() {
      const challenge = JSON.parse((await send('/altcha')).text) as Parameters<typeof solveChallenge>[0]['challenge'];
      const solution = await solveChallenge({ challenge, deriveKey });
      return Buffer.from(JSON.stringify({ challenge, solution })).toString('base64');
    },
    async countRows() {
      const tables = await sql<{ name: string }>`
        select c.relname as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
        where n.nspname = 'public' and c.relkind in ('r', 'p') and not c.relispartition order by 1`.execute(db);
      const counts: Record<string, number> = {};
      for (const { name } of tables.rows) {
        const { rows } = await sql<{ count: number }>`select count(*)::int as count from ${sql.table(name)}`.execute(
          db,
        );
        counts[name] = rows[0]?.count ?? 0;
      }
      return counts;
    },
  };
}

function streamOf(bytes: Uint8Array): ReadableStream<Uint8Array> {
  return new ReadableStream({
    start(controller) {
      for (let at = 0; at < bytes.length; at += 16_384) controller.enqueue(bytes.subarray(at, at + 16_384));
      controller.close();
    },
  });
}

export interface Problem {
  status: number;
  code: string;
  detail: string;
  errors?: { path: string; message: string }[];
}

/** The answer as RFC 9457 problem details; fails when it is anything else, or tells of the program's inside. */
export function problemOf(sent: Sent): Problem {
  expect(`${sent.status} ${sent.headers.get('content-type')} ${sent.text}`).toMatch(
    /^[45]\d\d application\/problem\+json \{/,
  );
  const problem = JSON.parse(sent.text) as Problem & { type: string; title: string };
  expect(problem).toMatchObject({ type: 'about:blank', status: sent.status, title: expect.stringMatching(/./) });
  expect(sent.text).not.toMatch(/node_modules|\.ts\b|select |insert |kysely|ZodError|SyntaxError/i);
  expect(sent.headers.get('cache-control')).toBe('no-store');
  return problem;
}

/** The fields that a refusal names. */
export const fieldsOf = (sent: Sent): string[] => (problemOf(sent).errors ?? []).map(({ path }) => path).toSorted();
