import { durationWords } from '../domain/duration.ts';
import type { EpochMs, HugKind } from '../domain/words.ts';
import { layoutMail } from '../platform/mail/layout.ts';

export interface HugInMail {
  hugId: string;
  kind: HugKind;
  message: string | null;
  incidentId: string;
  title: string;
  openedAt: EpochMs;
  acknowledgedAt: EpochMs | null;
  resolvedAt: EpochMs | null;
}

const words: Readonly<Record<HugKind, { sign: string; one: string; many: string }>> = {
  hug: { sign: '🤗', one: 'a hug', many: 'hugs' },
  coffee: { sign: '☕', one: 'a coffee', many: 'coffees' },
  cake: { sign: '🍰', one: 'a cake', many: 'cakes' },
  chocolates: { sign: '🍫', one: 'chocolates', many: 'boxes of chocolates' },
  flowers: { sign: '💐', one: 'flowers', many: 'bunches of flowers' },
  star: { sign: '⭐', one: 'a star', many: 'stars' },
};

// The longest say most; the rest is on the status page behind the link.
const maxMessages = 12;

/** One mail with everything that people said since the last one. */
export function hugMail(input: {
  personName: string;
  publicUrl: string;
  timeZone: string;
  hugs: readonly HugInMail[];
}): { subject: string; text: string; html: string } {
  const total = input.hugs.length;
  const subject = total === 1 ? 'Somebody said thank you' : `${total} people said thank you`;
  const byIncident = [...Map.groupBy(input.hugs, (hug) => hug.incidentId)];
  const said = input.hugs.flatMap((hug) => hug.message ?? []).toSorted((a, b) => b.length - a.length);
  const more = said.length - maxMessages;
  const first = input.personName.split(' ')[0] ?? input.personName;
  return {
    subject,
    ...layoutMail({
      heading: subject,
      badge: { word: 'Thanks', tone: 'thanks' },
      paragraphs: [
        `Hello ${first}, this is from people who noticed that you were there.`,
        ...byIncident.map(([, hugs]) => incidentLine(hugs, input.timeZone)),
      ],
      list: [...said.slice(0, maxMessages).map((message) => `“${message}”`), ...(more > 0 ? [`and ${more} more`] : [])],
      buttons: byIncident.slice(0, 3).map(([incidentId, hugs]) => ({
        label: byIncident.length === 1 ? 'See it on the status page' : (hugs[0]?.title ?? 'See it'),
        url: `${input.publicUrl}/incidents/${incidentId}`,
      })),
      footer: ['You get this in your own hours, at most twice a day. It counts for nothing and scores nobody.'],
    }),
  };
}

function incidentLine(hugs: readonly HugInMail[], timeZone: string): string {
  const [first] = hugs;
  if (!first) throw new Error('a group of hugs has at least one');
  const day = new Intl.DateTimeFormat('en-GB', { timeZone, weekday: 'long', day: 'numeric', month: 'long' }).format(
    first.openedAt,
  );
  const facts = [
    first.acknowledgedAt === null
      ? []
      : [`${durationWords(first.acknowledgedAt - first.openedAt)} until somebody had it`],
    first.resolvedAt === null ? [] : [`${durationWords(first.resolvedAt - first.openedAt)} until it worked again`],
  ].flat();
  return [`${first.title}, ${day}: ${tally(hugs)}.`, ...(facts.length > 0 ? [`${facts.join(', ')}.`] : [])].join(' ');
}

function tally(hugs: readonly HugInMail[]): string {
  return [...Map.groupBy(hugs, (hug) => hug.kind)]
    .toSorted(([, a], [, b]) => b.length - a.length)
    .map(
      ([kind, { length }]) => `${words[kind].sign} ${length === 1 ? words[kind].one : `${length} ${words[kind].many}`}`,
    )
    .join(', ');
}
