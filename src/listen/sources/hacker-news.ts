import { z } from 'zod';
import { plainText } from '../../platform/plain-text.ts';
import type { NewPost, PostBatch, Withdrawal } from '../post.ts';
import { refusalOf } from './server-events.ts';
import { type ReadSource, SourceError, type SourceKind } from './source.ts';

const schema = z.strictObject({
  kind: z.literal('hacker-news'),
  url: z
    .url({ protocol: /^https?$/ })
    .default('https://hacker-news.firebaseio.com')
    .describe('The API; the public one when left out.'),
});
type Config = z.output<typeof schema>;

const everyMs = 30_000;
/** Some items come in a second at the most; after a long pause the newest are enough. */
const mostItems = 300;
const atOnce = 10;
const itemTimeoutMs = 10_000;

/** Stories and comments of Hacker News, in the order of their ids (github.com/HackerNews/API). The position is the newest id read. */
export const hackerNewsSource: SourceKind<typeof schema> = { kind: 'hacker-news', label: 'Hacker News', schema, read };

async function* read(input: ReadSource<Config>): AsyncGenerator<PostBatch> {
  const { position, io, stop } = input;
  const known = Number(position ?? Number.NaN);
  let last = Number.isSafeInteger(known) ? known : undefined;
  while (!stop.aborted) {
    const newest = await newestId(input);
    const from = last === undefined ? newest : Math.max(last, newest - mostItems);
    const { items, readTo } = await readItems(input, from + 1, newest);
    const changed = z.object({ items: z.array(z.int()) }).safeParse(await ask(input, 'updates'));
    const touched = changed.success ? changed.data.items.slice(0, mostItems).filter((id) => id <= readTo) : [];
    const later = await mapSome(touched, (id) => readItem(input, id));
    const changes = later.filter((item) => item !== undefined);
    const withdrawals: Withdrawal[] = [...items, ...changes]
      .filter((item) => item.deleted === true || item.dead === true)
      .map((item) => ({ externalId: String(item.id) }));
    const edits = changes.flatMap(toPost).map((post) => ({ ...post, isEdit: true }));
    last = readTo;
    yield { posts: [...items.flatMap(toPost), ...edits], withdrawals, position: String(readTo) };
    await io.wait(everyMs, stop);
  }
}

async function newestId(input: ReadSource<Config>): Promise<number> {
  const read = z
    .int()
    .min(0)
    .safeParse(await ask(input, 'maxitem'));
  if (!read.success) throw new SourceError(`${new URL(input.config.url).host} does not say which item is the newest`);
  return read.data;
}

const itemSchema = z.object({
  id: z.int(),
  type: z.string().optional(),
  by: z.string().optional(),
  time: z.number().optional(),
  title: z.string().optional(),
  text: z.string().optional(),
  deleted: z.boolean().optional(),
  dead: z.boolean().optional(),
});
type Item = z.output<typeof itemSchema>;

/** Reads up to the first item that is not there yet: its turn comes again. One that stays away does not hold up the others for ever. */
async function readItems(
  input: ReadSource<Config>,
  from: number,
  to: number,
): Promise<{ items: Item[]; readTo: number }> {
  const ids = Array.from({ length: Math.max(0, to - from + 1) }, (_, i) => from + i);
  const found = await mapSome(ids, (id) => readItem(input, id));
  const missing = found.findIndex((item, i) => item === undefined && i > found.length - 20);
  const end = missing < 0 ? found.length : missing;
  return { items: found.slice(0, end).filter((item) => item !== undefined), readTo: from + end - 1 };
}

async function readItem(input: ReadSource<Config>, id: number): Promise<Item | undefined> {
  return itemSchema.safeParse(await ask(input, `item/${id}`)).data;
}

async function ask({ config, io, stop }: ReadSource<Config>, path: string): Promise<unknown> {
  const url = new URL(`/v0/${path}.json`, config.url);
  const signal = AbortSignal.any([stop, AbortSignal.timeout(itemTimeoutMs)]);
  const response = await io.fetch(url, { signal }).catch((error: unknown) => {
    throw new SourceError(`${url.host} cannot be reached`, { cause: error });
  });
  if (response.status !== 200) throw refusalOf(url, response);
  return response.json().catch((error: unknown) => {
    throw new SourceError(`${url.host} answered with something that is no JSON`, { cause: error });
  });
}

async function mapSome<T, R>(all: readonly T[], work: (one: T) => Promise<R>): Promise<R[]> {
  const done: R[] = [];
  for (let from = 0; from < all.length; from += atOnce) {
    done.push(...(await Promise.all(all.slice(from, from + atOnce).map(work))));
  }
  return done;
}

function toPost(item: Item): NewPost[] {
  const isTalk = item.type === 'story' || item.type === 'comment' || item.type === 'poll';
  if (!isTalk || item.deleted === true || item.dead === true || item.by === undefined || item.time === undefined)
    return [];
  return [
    {
      externalId: String(item.id),
      author: item.by,
      at: item.time * 1000,
      text: [item.title, item.text === undefined ? undefined : plainText(item.text)].filter(Boolean).join('\n'),
      url: `https://news.ycombinator.com/item?id=${item.id}`,
    },
  ];
}
