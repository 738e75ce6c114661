import type { HugKind } from '../domain/words.ts';

/** A hug in a mail or on a card. */
export const hugWords: Readonly<Record<HugKind, { sign: string; one: string; many: string }>> = {
  hug: { sign: '🤗', one: 'a hug', many: 'hugs' },
  coffee: { sign: '☕', one: 'a coffee', many: 'coffees' },
  cake: { sign: '🍰', one: 'a cake', many: 'cakes' },
  chocolates: { sign: '🍫', one: 'chocolates', many: 'boxes of chocolates' },
  flowers: { sign: '💐', one: 'flowers', many: 'bunches of flowers' },
  star: { sign: '⭐', one: 'a star', many: 'stars' },
};

export const tally = (byKind: readonly { kind: HugKind; count: number }[]): string =>
  byKind
    .map(({ kind, count }) => {
      const { sign, one, many } = hugWords[kind];
      return `${sign} ${count === 1 ? one : `${count.toLocaleString('en')} ${many}`}`;
    })
    .join(', ');

export const peopleText = (count: number): string =>
  count === 1 ? 'Somebody said thank you' : `${count.toLocaleString('en')} people said thank you`;
