import { z } from 'zod';
import type { NewPost, PostBatch, Withdrawal } from '../post.ts';
import { refusalOf } from './server-events.ts';
import { type ReadSource, SourceError, type SourceKind } from './source.ts';

const schema = z.strictObject({
  kind: z.literal('reddit'),
  clientId: z.string().min(1).max(200).describe('Of a script app: reddit.com/prefs/apps.'),
  clientSecret: z.string().min(1).max(500).meta({ secret: true }).describe('As a reference.'),
  contact: z
    .string()
    .min(3)
    .max(200)
    .describe('Who runs this, for the user agent that Reddit asks for: /u/alice or an e-mail address.'),
  subreddits: z
    .array(z.string().regex(/^[A-Za-z0-9_]{2,21}$/, { error: 'expected the name of a subreddit, without r/' }))
    .min(1)
    .max(100),
  tokenUrl: z.url({ protocol: /^https?$/ }).default('https://www.reddit.com/api/v1/access_token'),
  apiUrl: z.url({ protocol: /^https?$/ }).default('https://oauth.reddit.com'),
});
type Config = z.output<typeof schema>;

/** Five requests a round; 100 a minute are allowed on average over ten minutes. */
const everyMs = 20_000;
const perPage = 100;
const pagesOfCatchUp = 5;
const requestTimeoutMs = 15_000;

/** The newest link and the newest comment that were read: `t3_…` and `t1_…`. */
const positionSchema = z.object({ new: z.string().nullable(), comments: z.string().nullable() });
type Position = z.output<typeof positionSchema>;

/**
 * Links and comments of subreddits, asked for every 20 seconds (reddit.com/dev/api, support.reddithelp.com: Data API terms). Reddit does not
 * say what was deleted: the newest hundred posts that are kept are looked up each time, and the older ones by turns.
 */
export const redditSource: SourceKind<typeof schema> = { kind: 'reddit', label: 'Reddit', schema, read };

async function* read(input: ReadSource<Config>): AsyncGenerator<PostBatch> {
  const { io, stop } = input;
  const client = createClient(input);
  let position = readPosition(input.position);
  for (let round = 0; !stop.aborted; round++) {
    const links = await newer(client, input.config, 'new', position.new);
    const comments = await newer(client, input.config, 'comments', position.comments);
    position = { new: links[0]?.name ?? position.new, comments: comments[0]?.name ?? position.comments };
    const posts = [...links, ...comments].flatMap(toPost);
    yield { posts, withdrawals: await deleted(client, input, round), position: JSON.stringify(position) };
    await io.wait(Math.max(everyMs, client.pauseMs()), stop);
  }
}

function readPosition(text: string | null): Position {
  const none = { new: null, comments: null };
  if (text === null) return none;
  try {
    return positionSchema.safeParse(JSON.parse(text)).data ?? none;
  } catch {
    return none;
  }
}

interface Client {
  get(path: string, parameters: Record<string, string>): Promise<unknown>;
  /** How long to wait so that the rate that is left lasts until it is filled up. */
  pauseMs(): number;
}

const tokenSchema = z.object({ access_token: z.string().min(1), expires_in: z.number().default(3600) });

function createClient({ config, io, stop }: ReadSource<Config>): Client {
  let token: { value: string; until: number } | undefined;
  let left = Number.POSITIVE_INFINITY;
  let resetMs = 0;
  const agent = `hugops/1 (by ${config.contact})`;
  const bounded = (): AbortSignal => AbortSignal.any([stop, AbortSignal.timeout(requestTimeoutMs)]);
  const send = (url: URL, init: RequestInit): Promise<Response> =>
    io.fetch(url, { ...init, redirect: 'manual', signal: bounded() }).catch((error: unknown) => {
      throw new SourceError(`${url.host} cannot be reached`, { cause: error });
    });
  const authorize = async (): Promise<string> => {
    if (token && token.until > io.now()) return token.value;
    const url = new URL(config.tokenUrl);
    const basic = Buffer.from(`${config.clientId}:${config.clientSecret}`).toString('base64');
    const response = await send(url, {
      method: 'POST',
      headers: {
        authorization: `Basic ${basic}`,
        'user-agent': agent,
        'content-type': 'application/x-www-form-urlencoded',
      },
      body: 'grant_type=client_credentials',
    });
    if (response.status !== 200) throw refusalOf(url, response);
    const read = tokenSchema.safeParse(await response.json().catch(() => undefined));
    if (!read.success) throw new SourceError(`${url.host} gave no token`, { isFinal: true });
    token = { value: read.data.access_token, until: io.now() + (read.data.expires_in - 60) * 1000 };
    return token.value;
  };
  return {
    pauseMs: () => (left > 10 ? 0 : resetMs),
    async get(path, parameters) {
      const url = new URL(path, config.apiUrl);
      for (const [name, value] of Object.entries({ ...parameters, raw_json: '1' })) url.searchParams.set(name, value);
      for (let attempt = 1; ; attempt++) {
        const response = await send(url, {
          headers: { authorization: `Bearer ${await authorize()}`, 'user-agent': agent },
        });
        left = headerNumber(response, 'x-ratelimit-remaining') ?? Number.POSITIVE_INFINITY;
        resetMs = Math.min(longestResetMs, (headerNumber(response, 'x-ratelimit-reset') ?? 0) * 1000);
        if (response.status === 200) return response.json().catch(() => undefined);
        // A token may be withdrawn before its time.
        token = undefined;
        if (response.status === 401 && attempt === 1) continue;
        if (response.status === 429)
          throw new SourceError(`${url.host} asks to come back later`, { retryAfterMs: Math.max(resetMs, 10_000) });
        // A subreddit that is not there leads to the search for one.
        if (response.status >= 300 && response.status < 400)
          throw new SourceError(`${url.host} knows no subreddit of this name`, { isFinal: true });
        throw refusalOf(url, response);
      }
    },
  };
}

/** The rate is filled up every ten minutes. */
const longestResetMs = 600_000;

function headerNumber(response: Response, name: string): number | undefined {
  const value = Number.parseFloat(response.headers.get(name) ?? '');
  return Number.isFinite(value) && value >= 0 ? value : undefined;
}

const thingSchema = z.object({
  /** A comment or a link; a listing may hold other things, which have names of their own order. */
  name: z.string().regex(/^t[13]_[0-9a-z]{1,20}$/),
  author: z.string().nullish(),
  created_utc: z.number(),
  title: z.string().optional(),
  selftext: z.string().optional(),
  body: z.string().optional(),
  permalink: z.string().optional(),
  removed_by_category: z.string().nullish(),
});
type Thing = z.output<typeof thingSchema>;
const listingSchema = z.object({ data: z.object({ children: z.array(z.object({ data: z.unknown() })) }) });

/** What is newer than the thing of the position, the newest first. Where that was deleted, Reddit lists nothing: then the newest page is read. */
async function newer(client: Client, config: Config, list: 'new' | 'comments', known: string | null): Promise<Thing[]> {
  const path = `/r/${config.subreddits.join('+')}/${list}`;
  const found: Thing[] = [];
  let before = known;
  for (let page = 0; page < pagesOfCatchUp; page++) {
    const things = await listing(client, path, before === null ? {} : { before });
    found.unshift(...things);
    if (before === null || things.length < perPage) break;
    before = things[0]?.name ?? null;
  }
  return found.length > 0 || known === null ? found : newest(client, path, known);
}

async function newest(client: Client, path: string, known: string): Promise<Thing[]> {
  const things = await listing(client, path, {});
  const at = things.findIndex(({ name }) => !isNewer(name, known));
  return at < 0 ? things : things.slice(0, at);
}

/** Names count up in base 36. */
const isNewer = (a: string, b: string): boolean => a.length > b.length || (a.length === b.length && a > b);

async function listing(client: Client, path: string, parameters: Record<string, string>): Promise<Thing[]> {
  const read = listingSchema.safeParse(await client.get(path, { limit: String(perPage), ...parameters }));
  if (!read.success) throw new SourceError('Reddit answered with something that is no listing');
  return read.data.data.children.flatMap(({ data }) => thingSchema.safeParse(data).data ?? []);
}

/** Also of those that Reddit took down itself: `[ Removed by Reddit ]`. */
const gone = /^\[ ?(?:deleted|removed)\b[^\]]{0,80}\]$/i;

const isGone = (thing: Thing): boolean =>
  thing.author === '[deleted]' ||
  gone.test(thing.body ?? '') ||
  gone.test(thing.selftext ?? '') ||
  (thing.removed_by_category !== undefined && thing.removed_by_category !== null);

const mostKept = 2_000;

async function deleted(client: Client, input: ReadSource<Config>, round: number): Promise<Withdrawal[]> {
  const kept = await input.kept(mostKept);
  const older = Math.max(1, Math.ceil(kept.length / perPage) - 1);
  const turn = 1 + (round % older);
  const asked = [kept.slice(0, perPage), kept.slice(turn * perPage, (turn + 1) * perPage)].filter(
    (ids) => ids.length > 0,
  );
  const withdrawals: Withdrawal[] = [];
  for (const ids of asked) {
    const things = await listing(client, '/api/info', { id: ids.join(',') });
    const there = new Map(things.map((thing) => [thing.name, thing]));
    for (const id of ids) {
      const thing = there.get(id);
      if (thing === undefined || isGone(thing)) withdrawals.push({ externalId: id });
    }
  }
  return withdrawals;
}

function toPost(thing: Thing): NewPost[] {
  if (isGone(thing) || thing.author === undefined || thing.author === null) return [];
  return [
    {
      externalId: thing.name,
      author: thing.author,
      at: thing.created_utc * 1000,
      text: [thing.title, thing.selftext, thing.body].filter(Boolean).join('\n'),
      url: thing.permalink === undefined ? undefined : `https://www.reddit.com${thing.permalink}`,
    },
  ];
}
