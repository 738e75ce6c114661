import type { FakeHost, FakeInternet } from '../fake-internet.ts';

type Item = Record<string, unknown> | null;

export interface FakeHackerNews {
  url: string;
  heard: FakeHost['heard'];
  /** Items by id; null is one that is not there yet, as Firebase answers for whatever it does not hold. */
  items: Map<number, Item>;
  /** What /v0/updates tells. */
  updated: number[];
  /** The largest id, where it is not that of the items. */
  maxItem: number | null | undefined;
  /** Every request is answered so from now on; undefined: as it should be. */
  refuse(status: number | undefined): void;
  comment(id: number, by: string, text: string): void;
}

/** Hacker News (github.com/HackerNews/API): a Firebase, in which everything that is not there is `null` with status 200. */
export async function openFakeHackerNews(internet: FakeInternet): Promise<FakeHackerNews> {
  const items = new Map<number, Item>();
  let refused: number | undefined;
  const host = await internet.http((request, response) => {
    const body = (): unknown => {
      const path = request.url ?? '';
      if (path === '/v0/maxitem.json') return fake.maxItem === undefined ? Math.max(...items.keys()) : fake.maxItem;
      if (path === '/v0/updates.json') return { items: fake.updated, profiles: ['alice'] };
      const id = /^\/v0\/item\/(\d+)\.json$/.exec(path)?.[1];
      return id === undefined ? { error: 'Permission denied' } : (items.get(Number(id)) ?? null);
    };
    response.writeHead(refused ?? 200, { 'content-type': 'application/json; charset=utf-8' });
    response.end(refused === undefined ? JSON.stringify(body()) : 'null');
  });
  const fake: FakeHackerNews = {
    url: host.url,
    heard: host.heard,
    items,
    updated: [],
    maxItem: undefined,
    refuse: (status) => {
      refused = status;
    },
    comment: (id, by, text) => void items.set(id, { id, type: 'comment', by, time: 1_796_090_340, text, parent: 1 }),
  };
  return fake;
}
