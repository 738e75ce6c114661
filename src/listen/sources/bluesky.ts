import { z } from 'zod';
import type { EpochMs } from '../../domain/words.ts';
import type { NewPost, PostBatch, Withdrawal } from '../post.ts';
import { type ReadSource, SourceError, type SourceKind } from './source.ts';
import { openSocketMessages } from './socket-messages.ts';

const schema = z.strictObject({
  kind: z.literal('bluesky'),
  url: z
    .url({ protocol: /^wss?$/ })
    .default('wss://jetstream2.us-east.bsky.network/subscribe')
    .describe('A Jetstream: …/subscribe, or …/xrpc/network.bsky.jetstream.subscribeEvents of the second version.'),
});

const posts = 'app.bsky.feed.post';
const eventsAtOnce = 500;
/** The whole network is never silent for so long: the connection is dead. */
const silenceMs = 60_000;
const gatherMs = 250;
const longestMessage = 1_000_000;
/** Read again at each connection: servers witness events in slightly different orders. Known posts are counted no more. */
const overlapUs = 5_000_000;

/**
 * Posts of Bluesky, from a Jetstream: both wire formats (github.com/bluesky-social/jetstream). The position is a time in microseconds, which
 * means the same to every server and both versions.
 */
export const blueskySource: SourceKind<typeof schema> = { kind: 'bluesky', label: 'Bluesky', schema, read };

async function* read({ config, position, stop }: ReadSource<z.output<typeof schema>>): AsyncGenerator<PostBatch> {
  const url = new URL(config.url);
  const isSecond = url.pathname.endsWith('subscribeEvents');
  url.searchParams.append(isSecond ? 'collections' : 'wantedCollections', posts);
  if (isSecond) for (const kind of ['commit', 'account']) url.searchParams.append('kinds', kind);
  url.searchParams.set('maxMessageSizeBytes', String(longestMessage));
  const from = Number(position ?? Number.NaN);
  if (Number.isSafeInteger(from) && from > overlapUs) url.searchParams.set('cursor', String(from - overlapUs));
  const socket = openSocketMessages(url, isSecond ? ['xrpc.v1.json'] : [], stop);
  try {
    await socket.opened;
    let newestUs = Number.isSafeInteger(from) ? from : 0;
    for (;;) {
      const messages = await socket.take(eventsAtOnce, silenceMs);
      if (stop.aborted) return;
      if (messages.length === 0) throw new SourceError(`${url.host} has said nothing for a minute`);
      const batch: { posts: NewPost[]; withdrawals: Withdrawal[] } = { posts: [], withdrawals: [] };
      for (const message of messages) {
        const event = readEvent(message);
        if (event === undefined) continue;
        newestUs = Math.max(newestUs, event.timeUs);
        if (event.post) batch.posts.push(event.post);
        if (event.withdrawal) batch.withdrawals.push(event.withdrawal);
      }
      yield newestUs === 0 ? batch : { ...batch, position: String(newestUs) };
      // One commit for what comes in a moment, also where little comes.
      if (messages.length < eventsAtOnce) await new Promise((resolve) => setTimeout(resolve, gatherMs));
    }
  } finally {
    socket.close();
  }
}

interface Event {
  timeUs: number;
  post?: NewPost;
  withdrawal?: Withdrawal;
}

const commitSchema = z.object({
  operation: z.string(),
  collection: z.string(),
  rkey: z.string(),
  record: z
    .object({ text: z.string().optional(), createdAt: z.string().optional(), langs: z.array(z.string()).optional() })
    .optional(),
});
const accountSchema = z.object({ active: z.boolean(), status: z.string().optional() });
const firstSchema = z.object({
  did: z.string(),
  time_us: z.number().int(),
  kind: z.string(),
  commit: commitSchema.optional(),
  account: accountSchema.optional(),
});
const commonOfSecond = { did: z.string(), time: z.string(), witnessedAt: z.string().optional() };
const secondSchema = z.object({
  $type: z.literal('message'),
  payload: z.union([
    z.object({ ...commonOfSecond, ...commitSchema.shape }),
    z.object({ ...commonOfSecond, account: accountSchema }),
  ]),
});
const errorSchema = z.object({
  $type: z.literal('error'),
  error: z.string().optional(),
  message: z.string().optional(),
});

/** An event of either version. Undefined for what is of no interest, broken, or of a kind that is newer than this program. */
function readEvent(message: string): Event | undefined {
  if (message.length > longestMessage) return undefined;
  let json: unknown;
  try {
    json = JSON.parse(message);
  } catch {
    return undefined;
  }
  const first = firstSchema.safeParse(json);
  if (first.success) {
    const { did, time_us: timeUs, commit, account } = first.data;
    return { timeUs, ...ofCommit(did, timeUs, commit), ...ofAccount(did, account) };
  }
  const second = secondSchema.safeParse(json);
  if (second.success) {
    const { payload } = second.data;
    const timeUs = microseconds(payload.witnessedAt ?? payload.time);
    if (timeUs === undefined) return undefined;
    if ('account' in payload) return { timeUs, ...ofAccount(payload.did, payload.account) };
    return { timeUs, ...ofCommit(payload.did, timeUs, payload) };
  }
  const refused = errorSchema.safeParse(json);
  if (refused.success)
    throw new SourceError(`the server says: ${refused.data.error ?? refused.data.message ?? 'an error'}`);
  return undefined;
}

/** RFC 3339 with up to microseconds, which Date drops. */
function microseconds(time: string): number | undefined {
  const ms = Date.parse(time);
  if (Number.isNaN(ms)) return undefined;
  const fraction = /\.(\d+)/.exec(time)?.[1]?.padEnd(6, '0').slice(0, 6) ?? '000000';
  return Math.floor(ms / 1000) * 1_000_000 + Number(fraction);
}

function ofCommit(did: string, timeUs: number, commit: z.output<typeof commitSchema> | undefined): Partial<Event> {
  if (commit?.collection !== posts) return {};
  const externalId = `${did}/${commit.rkey}`;
  if (commit.operation === 'delete') return { withdrawal: { externalId } };
  // The author's clock may be anywhere; the server's is not.
  const at: EpochMs = Math.floor(timeUs / 1000);
  const post: NewPost = {
    externalId,
    author: did,
    at,
    text: commit.record?.text ?? '',
    url: `https://bsky.app/profile/${did}/post/${commit.rkey}`,
    language: commit.record?.langs?.[0],
    isEdit: commit.operation === 'update',
  };
  return { post };
}

/** An account that is gone takes its posts along; one that is only resting, too: what it does not show, nobody else should. */
const ofAccount = (did: string, account: z.output<typeof accountSchema> | undefined): Partial<Event> =>
  account === undefined || account.active ? {} : { withdrawal: { author: did } };
