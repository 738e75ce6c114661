import { type Context, Hono } from 'hono';
import type { Ctx } from '../platform/context.ts';
import { createRateLimiter } from '../platform/http/limits.ts';
import { createHeartbeatListener, type PingAction } from './heartbeats.ts';

/** Bytes of a ping's body that are kept; healthchecks' `Ping-Body-Limit`. */
const keptBytes = 10_000;
// What is read and thrown away beyond, so that a client that sends a whole log still gets its answer.
const readBytes = 1_048_576;
// Five a second: a job of every second that also reports its starts, and some repeats.
const burst = 300;
const perMs = 60_000;

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/**
 * The ping API of healthchecks.io (https://healthchecks.io/docs/http_api/): GET, HEAD or POST to `/ping/KEY`, and `/start`, `/fail`, `/log` or an exit
 * code 0-255 below it; `?rid=UUID` tells overlapping runs apart. 200 `OK` means committed.
 */
export function heartbeatRoutes(ctx: Ctx): Hono {
  const listener = createHeartbeatListener(ctx);
  const limiter = createRateLimiter({ burst, perMs });

  async function answer(c: Context, key: string, action: PingAction, exitCode?: number): Promise<Response> {
    const at = ctx.clock.now();
    const retryAfterMs = limiter.take(key, at);
    if (retryAfterMs > 0) {
      c.header('Retry-After', String(Math.ceil(retryAfterMs / 1000)));
      return c.text('rate limited', 429);
    }
    const runId = c.req.query('rid');
    if (runId !== undefined && !uuid.test(runId)) return c.text('invalid uuid format', 400);
    const body = await readBody(c.req.raw.body);
    if (body === undefined) return c.text('too large', 413);
    const known = await listener.hear({ key, action, at, exitCode, runId, body: body === '' ? undefined : body });
    if (!known) return c.text('not found', 404);
    c.header('Ping-Body-Limit', String(keptBytes));
    c.header('Access-Control-Allow-Origin', '*');
    return c.text('OK');
  }

  const routes = new Hono();
  const methods = ['GET', 'POST'];
  // HEAD is answered as GET without its body.
  routes.on(methods, '/ping/:key', (c) => answer(c, c.req.param('key'), 'success'));
  routes.on(methods, '/ping/:key/:action{start|fail|log}', (c) =>
    answer(c, c.req.param('key'), c.req.param('action') as PingAction),
  );
  routes.on(methods, '/ping/:key/:exitCode{[0-9]+}', async (c) => {
    const exitCode = Number(c.req.param('exitCode'));
    if (exitCode > 255) return c.text('invalid url format', 400);
    return answer(c, c.req.param('key'), exitCode === 0 ? 'success' : 'fail', exitCode);
  });
  routes.all('/ping/*', (c) => {
    if (methods.includes(c.req.method) || c.req.method === 'HEAD') return c.text('not found', 404);
    c.header('Allow', 'GET, HEAD, POST');
    return c.text('method not allowed', 405);
  });
  return routes;
}

/** The first bytes as text; '' without a body, undefined when there is no end to it. */
async function readBody(stream: ReadableStream<Uint8Array> | null): Promise<string | undefined> {
  if (!stream) return '';
  const kept: Uint8Array[] = [];
  let size = 0;
  for await (const bytes of stream) {
    if (size < keptBytes) kept.push(bytes.subarray(0, keptBytes - size));
    size += bytes.length;
    if (size > readBytes) return undefined;
  }
  // A character that the cut went through is left out.
  return new TextDecoder().decode(Buffer.concat(kept), { stream: true });
}
