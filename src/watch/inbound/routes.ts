import { type Context, Hono } from 'hono';
import type { EpochMs } from '../../domain/words.ts';
import type { Ctx } from '../../platform/context.ts';
import { ServiceError } from '../../platform/errors.ts';
import { clientAddress, createRateLimiter, type RateLimiter } from '../../platform/http/limits.ts';
import { cutText } from '../../platform/cut-text.ts';
import { oneLine } from '../../platform/one-line.ts';
import { acknowledgeByKey } from './acknowledge-by-key.ts';
import { type GroupCommit, QueueFullError } from '../../platform/group-commit.ts';
import { type InboundIo, type InboundTool, isRefusal, type Parsed, type Refusal } from './inbound.ts';
import { type FetchText, openInboundIo } from './inbound-io.ts';
import { openIntake } from './intake.ts';
import { type Integration, type IntegrationKeys, openIntegrationKeys } from './integration-keys.ts';
import { readJson, refuseMediaType } from './json-body.ts';
import { openSourceTally, type SourceTally } from './source-tally.ts';
import type { IncomingSignal } from './store-signals.ts';
import { inboundTools } from './tools.ts';

/** A token bucket: `burst` at once, and as many again in `perMs`. */
interface Limit {
  burst: number;
  perMs: number;
}

export interface InboundOptions {
  /** Shared with whoever changes integrations, to call `forget()` after it. */
  keys?: IntegrationKeys;
  /** Messages of one integration. 10,000 a second: a storm is when it matters most, so this stops only a loop gone wild. */
  perIntegration?: Limit;
  /** Unknown keys that one address may try. Known ones are found in memory before this is asked. */
  perStranger?: Limit;
  /** Shared with whoever writes the counts. */
  tally?: SourceTally;
  fetchText?: FetchText;
}

interface Door {
  ctx: Ctx;
  keys: IntegrationKeys;
  intake: GroupCommit<IncomingSignal>;
  integrationLimit: RateLimiter;
  /** Of sources with a limit of their own, by what it is. */
  ownLimits: Map<number, RateLimiter>;
  strangerLimit: RateLimiter;
  tally: SourceTally;
  io: InboundIo;
}

/**
 * Where other tools send their alerts: POST /v2/enqueue, POST /inbound/alertmanager … Mount it at `/`. A message is answered with 202
 * after its signals are committed, and its incidents acknowledged.
 */
export function inboundRoutes(ctx: Ctx, options: InboundOptions = {}): Hono {
  const door: Door = {
    ctx,
    keys: options.keys ?? openIntegrationKeys(ctx),
    intake: openIntake(ctx),
    integrationLimit: createRateLimiter(options.perIntegration ?? { burst: 100_000, perMs: 10_000 }),
    ownLimits: new Map(),
    strangerLimit: createRateLimiter(options.perStranger ?? { burst: 20, perMs: 60_000 }),
    tally: options.tally ?? openSourceTally(ctx),
    io: openInboundIo(options.fetchText),
  };
  const app = new Hono();
  for (const tool of inboundTools) {
    for (const path of tool.paths) {
      app.post(path, (c) => receive(door, tool, c));
      if (tool.handshake !== undefined)
        app.options(path, (c) => tool.handshake?.(c.req.raw.headers) ?? c.body(null, 204));
      app.all(path, () => new Response(null, { status: 405, headers: { allow: 'POST' } }));
    }
  }
  return app;
}

async function receive(door: Door, tool: InboundTool, c: Context): Promise<Response> {
  try {
    const outcome = await accept(door, tool, c);
    return tool.respond(isRefusal(outcome) ? { refused: outcome } : { accepted: outcome });
  } catch (error) {
    return tool.respond({ refused: refusalOf(door.ctx, tool, error) });
  }
}

async function accept(door: Door, tool: InboundTool, c: Context): Promise<Parsed | Refusal> {
  const now = door.ctx.clock.now();
  const mediaType = refuseMediaType(c);
  if (mediaType !== undefined) return mediaType;
  // A key that comes with the request is checked first: from a stranger not even the body is read.
  const known = tool.keyInBody === undefined ? await admit(door, tool, keyOfRequest(c), c, now) : undefined;
  if (known !== undefined && 'code' in known) return known;
  const outcome = await take(door, tool, known, c, now);
  if (isRefusal(outcome.said)) {
    if (outcome.from !== undefined) door.tally.refused(outcome.from.id, outcome.said.message, now);
  } else if (outcome.from !== undefined) door.tally.accepted(outcome.from.id, now);
  return outcome.said;
}

/** Reads, proves, understands and stores a message; says whose it was when that is known. */
async function take(
  door: Door,
  tool: InboundTool,
  known: Integration | undefined,
  c: Context,
  now: EpochMs,
): Promise<{ said: Parsed | Refusal; from: Integration | undefined }> {
  const body = await readJson(c, tool.maxBytes);
  if ('refused' in body) return { said: body.refused, from: known };
  const unproved = await tool.prove?.(body.json, door.io, now);
  if (unproved !== undefined) return { said: unproved, from: known };
  const newKey = (): string => Buffer.from(door.ctx.random.bytes(16)).toString('hex');
  const parsed = tool.parse(body.json, { headers: c.req.raw.headers, now, newKey, config: known?.config ?? {} });
  if (isRefusal(parsed)) return { said: parsed, from: known };
  const integration = known ?? (await admit(door, tool, tool.keyInBody?.(body.json), c, now));
  if ('code' in integration) return { said: integration, from: undefined };
  if (parsed.visit !== undefined) await visit(door, tool, parsed.visit);
  await store(door, tool, integration, parsed, body.bytes, now);
  return { said: parsed, from: integration };
}

async function visit(door: Door, tool: InboundTool, url: string): Promise<void> {
  try {
    await door.io.fetchText(url);
    door.ctx.log.info({ tool: tool.kind }, 'a subscription was confirmed');
  } catch {
    throw new ServiceError('unavailable', 'The subscription could not be confirmed.', { retryAfterMs: 5_000 });
  }
}

/** Whose message it is, or why it may not come in. */
async function admit(
  door: Door,
  tool: InboundTool,
  key: string | undefined,
  c: Context,
  now: EpochMs,
): Promise<Integration | Refusal> {
  const unknown: Refusal = { code: 'unknown-key', message: 'There is no integration with this key.' };
  if (key === undefined || key === '') return unknown;
  let integration = await door.keys.known(key, now);
  if (integration === undefined) {
    const retryAfterMs = door.strangerLimit.take(clientAddress(c), now);
    if (retryAfterMs > 0) return { code: 'too-many', message: 'Too many unknown keys.', retryAfterMs };
    integration = await door.keys.lookUp(key);
  }
  // A key of another tool is as unknown as one of nobody.
  if (integration === undefined || integration.kind !== tool.kind) {
    const agent = cutText(oneLine(c.req.header('user-agent') ?? ''), 200);
    door.ctx.log.warn({ tool: tool.kind, address: clientAddress(c), agent }, 'a message came with an unknown key');
    return unknown;
  }
  const retryAfterMs = limitOf(door, integration).take(integration.id, now);
  if (retryAfterMs === 0) return integration;
  door.tally.limited(integration.id, now);
  return { code: 'too-many', message: 'Too many messages of this integration.', retryAfterMs };
}

function limitOf(door: Door, { config }: Integration): RateLimiter {
  const { maxPerMinute } = config;
  if (maxPerMinute === undefined) return door.integrationLimit;
  const own = door.ownLimits.get(maxPerMinute) ?? createRateLimiter({ burst: maxPerMinute, perMs: 60_000 });
  door.ownLimits.set(maxPerMinute, own);
  return own;
}

async function store(
  door: Door,
  tool: InboundTool,
  integration: Integration,
  parsed: Parsed,
  bytes: number,
  now: EpochMs,
): Promise<void> {
  if (parsed.signals.length > 0) {
    const signals = parsed.signals.map((signal) => ({
      ...signal,
      serviceId: integration.serviceId,
      sourceKind: tool.kind,
      sourceId: integration.id,
      queue: integration.id,
      groupBy: integration.config.groupBy,
    }));
    await door.intake.add(signals, { source: integration.id, bytes });
  }
  if (parsed.acknowledgements.length === 0) return;
  // The trigger may be on its way in another request.
  await door.intake.settled(integration.id);
  for (const dedupKey of parsed.acknowledgements) await acknowledgeByKey(door.ctx, { integration, dedupKey, now });
}

/** The key in the path, as a bearer token or as the password of basic authentication. */
function keyOfRequest(c: Context): string | undefined {
  const inPath = c.req.param('key');
  if (inPath !== undefined) return inPath;
  const [scheme = '', credentials = ''] = (c.req.header('authorization') ?? '').trim().split(/ +/, 2);
  if (scheme.toLowerCase() === 'bearer') return credentials;
  if (scheme.toLowerCase() !== 'basic') return undefined;
  const pair = Buffer.from(credentials, 'base64').toString('utf8');
  return pair.slice(pair.indexOf(':') + 1);
}

function refusalOf(ctx: Ctx, tool: InboundTool, error: unknown): Refusal {
  if (error instanceof QueueFullError) {
    const message = error.bySource ? 'Too much of this integration is waiting.' : 'Too much is waiting to be stored.';
    return { code: error.bySource ? 'too-many' : 'unavailable', message, retryAfterMs: 1_000 };
  }
  if (error instanceof ServiceError && error.code === 'unavailable') {
    return { code: 'unavailable', message: error.message, retryAfterMs: error.retryAfterMs ?? 1_000 };
  }
  ctx.log.error({ err: error, tool: tool.kind }, 'a message of another tool could not be stored');
  const message = 'The message could not be stored. Please send it again.';
  return { code: 'unavailable', message, retryAfterMs: 5_000 };
}
