import { z } from 'zod';
import { plainText } from '../../platform/plain-text.ts';
import type { NewPost, PostBatch, Withdrawal } from '../post.ts';
import { openServerEvents, refusalOf } from './server-events.ts';
import { openSocketMessages } from './socket-messages.ts';
import { type ReadSource, SourceError, type SourceKind } from './source.ts';

const schema = z.strictObject({
  kind: z.literal('mastodon'),
  server: z.url({ protocol: /^https?$/ }).describe('The server: https://mastodon.example.'),
  token: z
    .string()
    .min(1)
    .max(500)
    .meta({ secret: true })
    .describe('An access token with the scope read:statuses, as a reference.'),
  hashtag: z
    .string()
    .regex(/^#?[\p{L}\p{N}_]{1,100}$/u)
    .optional()
    .describe('The posts with this hashtag; all public posts that the server knows, when left out.'),
  transport: z
    .enum(['sse', 'websocket'])
    .default('sse')
    .describe('sse (when left out) or websocket, where a proxy in between lets only one of them through.'),
});
type Config = z.output<typeof schema>;

const eventsAtOnce = 200;
/** The server says that it is alive every 15 seconds over SSE; what its WebSocket sends instead is not to be seen from here. */
const silenceMs = { sse: 60_000, websocket: 300_000 } as const;
const pagesOfCatchUp = 10;
const perPage = 40;
const requestTimeoutMs = 15_000;

/**
 * Posts of a Mastodon server: of a hashtag, or all public ones (docs.joinmastodon.org/methods/streaming). The stream knows no position:
 * after a pause the timeline is read from the newest known post on, while the stream is already open.
 */
export const mastodonSource: SourceKind<typeof schema> = { kind: 'mastodon', label: 'Mastodon', schema, read };

async function* read(input: ReadSource<Config>): AsyncGenerator<PostBatch> {
  let { position } = input;
  while (!input.stop.aborted) {
    const stream = await openStream(input);
    try {
      // It stands, whether anybody posts or not.
      yield { posts: [] };
      if (position !== null) {
        for await (const statuses of missed(input, position)) {
          position = newestOf(position, statuses) ?? position;
          yield { posts: statuses.flatMap((status) => toPost(status, false) ?? []), position };
        }
      }
      position = yield* follow(input, stream, position);
    } finally {
      stream.close();
    }
  }
}

/** Passes on what the stream says. Returns the newest id when a WebSocket is silent for long: only a new connection tells whether it lives. */
async function* follow(
  { config, stop }: ReadSource<Config>,
  stream: Stream,
  position: string | null,
): AsyncGenerator<PostBatch, string | null> {
  let newest = position;
  for (;;) {
    const messages = await stream.take(eventsAtOnce, silenceMs[config.transport]);
    if (stop.aborted) return newest;
    if (messages.length === 0) {
      if (config.transport === 'websocket') return newest;
      throw new SourceError(`${new URL(config.server).host} has said nothing for too long`);
    }
    const batch: { posts: NewPost[]; withdrawals: Withdrawal[] } = { posts: [], withdrawals: [] };
    for (const message of messages) {
      const event = config.transport === 'sse' ? splitEvent(message) : unwrapEvent(message);
      if (event === undefined) continue;
      if (event.name === 'delete') batch.withdrawals.push({ externalId: event.payload.trim() });
      const status = event.name === 'update' || event.name === 'status.update' ? readStatus(event.payload) : undefined;
      if (status === undefined) continue;
      const post = toPost(status, event.name === 'status.update');
      if (post) batch.posts.push(post);
      newest = newestOf(newest, [status]);
    }
    yield newest === null ? batch : { ...batch, position: newest };
  }
}

interface Stream {
  take(most: number, idleMs: number): Promise<string[]>;
  close(): void;
}

async function openStream(input: ReadSource<Config>): Promise<Stream> {
  const { config, io, stop } = input;
  const tag = tagOf(config);
  if (config.transport === 'sse') {
    const url = new URL(`/api/v1/streaming/${tag === undefined ? 'public' : 'hashtag'}`, config.server);
    if (tag !== undefined) url.searchParams.set('tag', tag);
    return openServerEvents(io, url, bearer(config), stop);
  }
  const url = new URL('/api/v1/streaming', config.server.replace(/^http/, 'ws'));
  url.searchParams.set('stream', tag === undefined ? 'public' : 'hashtag');
  if (tag !== undefined) url.searchParams.set('tag', tag);
  if (!subprotocol.test(config.token)) throw new SourceError('the token is none of Mastodon', { isFinal: true });
  // In the place of a subprotocol, because browsers can set no header; an address would stand in logs.
  const socket = openSocketMessages(url, [config.token], stop);
  try {
    await socket.opened;
  } catch (error) {
    socket.close();
    // A WebSocket does not say with which status it was refused; the timeline does.
    if (!stop.aborted) await timeline(input, { limit: '1' });
    throw error;
  }
  return socket;
}

/** What RFC 6455 lets a subprotocol be. */
const subprotocol = /^[\w!#$%&'*+.^`|~-]+$/;
const tagOf = ({ hashtag }: Config): string | undefined => hashtag?.replace(/^#/, '');
const bearer = ({ token }: Config): Record<string, string> => ({ authorization: `Bearer ${token}` });

/** What came while nobody read, oldest first; as far back as some pages reach. */
async function* missed(input: ReadSource<Config>, since: string): AsyncGenerator<Status[]> {
  let from = since;
  for (let page = 0; page < pagesOfCatchUp; page++) {
    const listed = await timeline(input, { limit: String(perPage), min_id: from });
    const statuses = listed.flatMap((one) => statusSchema.safeParse(one).data ?? []).toReversed();
    if (statuses.length > 0) yield statuses;
    const next = newestOf(from, statuses) ?? from;
    if (listed.length < perPage || next === from) return;
    from = next;
  }
}

async function timeline(
  { config, io, stop }: ReadSource<Config>,
  parameters: Record<string, string>,
): Promise<unknown[]> {
  const tag = tagOf(config);
  const path = tag === undefined ? 'public' : `tag/${encodeURIComponent(tag)}`;
  const url = new URL(`/api/v1/timelines/${path}`, config.server);
  for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value);
  const signal = AbortSignal.any([stop, AbortSignal.timeout(requestTimeoutMs)]);
  const response = await io.fetch(url, { headers: bearer(config), signal }).catch((error: unknown) => {
    throw new SourceError(`${url.host} cannot be reached`, { cause: error });
  });
  if (response.status !== 200) throw refusalOf(url, response);
  const listed = z.array(z.unknown()).safeParse(await response.json().catch(() => undefined));
  if (!listed.success) throw new SourceError(`${url.host} answered with something that is no timeline`);
  return listed.data;
}

/** Ids are numbers as text, larger with time; longer than a double holds. */
const isAfter = (a: string, b: string): boolean => (a.length === b.length ? a > b : a.length > b.length);

const newestOf = (known: string | null, statuses: readonly Status[]): string | null =>
  statuses.reduce(
    (newest, { id }) => (/^\d+$/.test(id) && (newest === null || isAfter(id, newest)) ? id : newest),
    known,
  );

const statusSchema = z.object({
  id: z.string(),
  created_at: z.string(),
  content: z.string(),
  url: z.string().nullish(),
  language: z.string().nullish(),
  visibility: z.string().nullish(),
  reblog: z.unknown().optional(),
  account: z.object({ acct: z.string(), created_at: z.string().nullish() }),
});
type Status = z.output<typeof statusSchema>;

function readStatus(payload: string): Status | undefined {
  try {
    return statusSchema.safeParse(JSON.parse(payload)).data;
  } catch {
    return undefined;
  }
}

function toPost(status: Status, isEdit: boolean): NewPost | undefined {
  // Unlisted and private posts are not for the public, whatever stream they come by.
  if (status.visibility !== undefined && status.visibility !== null && status.visibility !== 'public') return undefined;
  const since = Date.parse(status.account.created_at ?? '');
  return {
    externalId: status.id,
    author: status.account.acct,
    ...(Number.isNaN(since) ? {} : { authorSince: since }),
    at: Date.parse(status.created_at),
    text: plainText(status.content),
    url: status.url ?? undefined,
    language: status.language ?? undefined,
    isRepost: status.reblog !== undefined && status.reblog !== null,
    isEdit,
  };
}

interface Named {
  name: string;
  payload: string;
}

function splitEvent(message: string): Named | undefined {
  if (message === '') return undefined;
  const at = message.indexOf('\n');
  return { name: message.slice(0, at), payload: message.slice(at + 1) };
}

const wrapped = z.object({ event: z.string(), payload: z.union([z.string(), z.number()]).transform(String) });

function unwrapEvent(message: string): Named | undefined {
  try {
    const { data } = wrapped.safeParse(JSON.parse(message));
    return data && { name: data.event, payload: data.payload };
  } catch {
    return undefined;
  }
}
