import type { IncomingMessage } from 'node:http';
import type { FakeHost, FakeInternet } from '../fake-internet.ts';

export interface FakeThing {
  name: string;
  author: string | null;
  created_utc: number;
  title?: string;
  selftext?: string;
  body?: string;
  permalink?: string;
  removed_by_category?: string | null;
}

export interface FakeReddit {
  url: string;
  heard: FakeHost['heard'];
  /** Links and comments, oldest first. Those whose author is gone are in no listing of a subreddit, but can be looked up. */
  things: FakeThing[];
  /** Tokens given out so far. */
  tokens(): number;
  /** Makes the token that was given out worthless before its time. */
  forgetToken(): void;
  /** What the headers of the rate say. */
  rate: { remaining: string; reset: string };
  /** Every request but that for a token is answered so from now on; undefined: as it should be. */
  refuse(answer: { status: number; headers?: Record<string, string>; body?: string } | undefined): void;
  link(id: string, author: string, title: string, selftext?: string): FakeThing;
  comment(id: string, author: string, body: string): FakeThing;
}

const credentials = `Basic ${Buffer.from('the-client:the-secret').toString('base64')}`;
const isGone = (thing: FakeThing): boolean => thing.author === '[deleted]';

/**
 * Reddit (reddit.com/dev/api, github.com/reddit-archive/reddit/wiki/OAuth2): tokens for client credentials, listings of at most 100 of which
 * `before` is the newest known name, and what an anchor that was deleted does: an empty listing.
 */
export async function openFakeReddit(internet: FakeInternet): Promise<FakeReddit> {
  const things: FakeThing[] = [];
  let given = 0;
  let valid: string | undefined;
  let refused: { status: number; headers?: Record<string, string>; body?: string } | undefined;
  const answer = (request: IncomingMessage): { status: number; body: unknown } => {
    const url = new URL(request.url ?? '/', 'http://fake.test');
    if (url.pathname === '/api/v1/access_token') {
      if (request.method !== 'POST' || request.headers.authorization !== credentials)
        return { status: 401, body: { message: 'Unauthorized', error: 401 } };
      given += 1;
      valid = `token-${given}`;
      return { status: 200, body: { access_token: valid, token_type: 'bearer', expires_in: 86_400, scope: '*' } };
    }
    if (valid === undefined || request.headers.authorization !== `Bearer ${valid}`)
      return { status: 401, body: { message: 'Unauthorized', error: 401 } };
    const list = (found: readonly FakeThing[]): { status: number; body: unknown } => ({
      status: 200,
      body: {
        kind: 'Listing',
        data: { children: found.map((data) => ({ kind: data.name.slice(0, 2), data })), before: null, after: null },
      },
    });
    if (url.pathname === '/api/info') {
      const ids = url.searchParams.get('id')?.split(',') ?? [];
      if (ids.length > 100) return { status: 400, body: { message: 'Bad Request', error: 400 } };
      return list(things.filter(({ name }) => ids.includes(name)));
    }
    const which = /^\/r\/web\+help\/(new|comments)$/.exec(url.pathname)?.[1];
    if (which === undefined) return { status: 404, body: { message: 'Not Found', error: 404 } };
    const prefix = which === 'new' ? 't3_' : 't1_';
    const mine = things.filter((thing) => thing.name.startsWith(prefix) && !isGone(thing));
    const limit = Math.min(100, Number(url.searchParams.get('limit') ?? 25));
    const before = url.searchParams.get('before');
    const at = mine.findIndex(({ name }) => name === before);
    if (before !== null) return list(at < 0 ? [] : mine.slice(at + 1, at + 1 + limit).toReversed());
    return list(mine.slice(-limit).toReversed());
  };
  const host = await internet.http((request, response) => {
    const isToken = request.url === '/api/v1/access_token';
    const agent = request.headers['user-agent'] ?? '';
    // Agents that do not name themselves are turned away.
    const { status, body } =
      agent === 'hugops/1 (by alice@example.com)' ? answer(request) : { status: 403, body: { error: 403 } };
    const rate = { 'x-ratelimit-remaining': fake.rate.remaining, 'x-ratelimit-reset': fake.rate.reset };
    if (refused && !isToken) response.writeHead(refused.status, refused.headers).end(refused.body);
    else response.writeHead(status, { 'content-type': 'application/json', ...rate }).end(JSON.stringify(body));
  });
  const add = (thing: FakeThing): FakeThing => {
    things.push(thing);
    return thing;
  };
  const at = 1_796_090_340;
  const fake: FakeReddit = {
    url: host.url,
    heard: host.heard,
    things,
    tokens: () => given,
    forgetToken: () => {
      valid = undefined;
    },
    rate: { remaining: '990.0', reset: '480' },
    refuse: (next) => {
      refused = next;
    },
    link: (id, author, title, selftext = '') =>
      add({ name: `t3_${id}`, author, created_utc: at, title, selftext, permalink: `/r/web/comments/${id}/x/` }),
    comment: (id, author, body) => add({ name: `t1_${id}`, author, created_utc: at, body, permalink: '/r/web/1/' }),
  };
  return fake;
}
