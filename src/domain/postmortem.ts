import { durationWords } from './duration.ts';
import { escapeMarkdown } from './markdown.ts';
import type { EpochMs, Severity } from './words.ts';

/** What is known about an incident that is over. Names and texts are as others wrote them. */
export interface PostmortemFacts {
  readonly number: number;
  readonly title: string;
  readonly publicTitle: string;
  readonly severity: Severity;
  /** Names of what it touched, the one it is about first. */
  readonly services: readonly string[];
  readonly openedAt: EpochMs;
  readonly acknowledgedAt: EpochMs | null;
  readonly acknowledgedBy: string | null;
  readonly resolvedAt: EpochMs;
  /** The likely cause with its confidence, 0 to 1. */
  readonly cause: { readonly name: string; readonly confidence: number; readonly text: string } | null;
  /** What told of it, each with its first word. */
  readonly signals: readonly { readonly source: string; readonly summary: string; readonly at: EpochMs }[];
  /** When the provider first said so in public, and when HugOps read it. */
  readonly admissions: readonly { readonly provider: string; readonly publicAt: EpochMs; readonly seenAt: EpochMs }[];
  /** Bursts of posts and reports: since when they rose, and when that was certain. */
  readonly bursts: readonly {
    readonly measure: 'posts' | 'reports';
    readonly since: EpochMs;
    readonly knownAt: EpochMs;
    readonly peak: number;
  }[];
  readonly reports: { readonly visitors: number; readonly firstAt: EpochMs | null };
  readonly pages: { readonly sent: number; readonly failed: number; readonly people: number };
  readonly timeline: readonly {
    readonly at: EpochMs;
    readonly who: string | null;
    readonly text: string;
    readonly body: string | null;
  }[];
}

export interface PostmortemDraft {
  title: string;
  /** Markdown, for the team. */
  body: string;
  /** Markdown, for the public: facts without anybody's name. */
  publicBody: string;
}

/** A line of the timeline is cut there; the incident's own page has all of it. */
const longestLine = 400;
const mostLines = 200;

/**
 * The earliest of all that told of the trouble here, also where HugOps opened the incident later. A provider may have had its trouble for days before it
 * reached anything of ours, so its notices say nothing about that.
 */
export const beganAt = (facts: PostmortemFacts): EpochMs =>
  Math.min(
    facts.openedAt,
    ...facts.signals.map(({ at }) => at),
    ...facts.bursts.map(({ since }) => since),
    ...(facts.reports.firstAt === null ? [] : [facts.reports.firstAt]),
  );

/** A first draft from what is on record. What people alone can know is asked for in italics, to be written over. */
export function draftPostmortem(facts: PostmortemFacts): PostmortemDraft {
  const sections: [title: string, lines: string[]][] = [
    ['Summary', [...summary(facts), '', '_In two sentences: what could people not do, and why?_']],
    ['How long it took', howLong(facts)],
    ['Who noticed, and when', whoNoticed(facts)],
    ['Impact', impact(facts)],
    ['What happened', ['All times are UTC.', '', ...happened(facts)]],
    ['Why it happened', ['_Which conditions made it possible? Systems and decisions, not people._']],
    ['What went well', ['_What kept it from being worse?_']],
    ['What was hard', ['_What did we not know, not have, or not dare?_']],
  ];
  return {
    title: `#${facts.number} ${facts.title}`,
    body: `${sections.map(([title, lines]) => `## ${title}\n\n${lines.join('\n')}`).join('\n\n')}\n`,
    publicBody: publicDraft(facts),
  };
}

function summary(facts: PostmortemFacts): string[] {
  const [name, ...others] = facts.services.map(escapeMarkdown);
  const touched = others.length === 0 ? '' : `, with ${others.join(', ')}`;
  const began = beganAt(facts);
  const lines = [
    `**${escapeMarkdown(facts.title)}** (${facts.severity}${name === undefined ? '' : `, ${name}${touched}`}). It began on ${dayOf(began)} at ${clockOf(began)} UTC and was over after ${durationWords(facts.resolvedAt - began)}.`,
  ];
  if (facts.cause !== null)
    lines.push(
      '',
      `Likely cause: **${escapeMarkdown(facts.cause.name)}** (${Math.round(facts.cause.confidence * 100)} %). ${escapeMarkdown(facts.cause.text)}`,
    );
  return lines;
}

function howLong(facts: PostmortemFacts): string[] {
  const began = beganAt(facts);
  const after = (at: EpochMs): string =>
    at === began ? 'with the first sign' : `${lagWords(at - began)} (${clockOf(at)})`;
  const by = facts.acknowledgedBy === null ? '' : ` by ${escapeMarkdown(facts.acknowledgedBy)}`;
  return [
    `- First sign: ${clockOf(began)}`,
    `- Detected: ${after(facts.openedAt)}`,
    facts.acknowledgedAt === null
      ? '- Acknowledged: by nobody; it ended by itself'
      : `- Acknowledged${by}: ${after(facts.acknowledgedAt)}, ${durationWords(facts.acknowledgedAt - facts.openedAt)} after it was detected`,
    `- Restored: ${after(facts.resolvedAt)}`,
  ];
}

/** The earliest first, each with how far it lagged behind the first of them. */
function whoNoticed(facts: PostmortemFacts): string[] {
  const began = beganAt(facts);
  const heard: { at: EpochMs; text: string }[] = [
    ...facts.signals.map(({ source, summary: said, at }) => ({ at, text: `${source}: ${escapeMarkdown(said)}` })),
    ...facts.bursts.map(({ measure, since, knownAt, peak }) => ({
      at: since,
      text: `More ${measure} than usual, ${peak} at the peak; certain ${durationWords(knownAt - since)} later`,
    })),
    ...facts.admissions.map(({ provider, publicAt, seenAt }) => ({
      at: publicAt,
      text: `${escapeMarkdown(provider)} said so in public; read here ${durationWords(seenAt - publicAt)} later`,
    })),
    ...(facts.reports.firstAt === null ? [] : [{ at: facts.reports.firstAt, text: 'The first visitor reported it' }]),
  ];
  if (heard.length === 0) return ['- People: no check, tool or visitor told of it before'];
  return heard
    .toSorted((a, b) => a.at - b.at)
    .slice(0, mostLines)
    .map(({ at, text }) => `- ${clockOf(at)}, ${lagWords(at - began)}. ${text}`);
}

function lagWords(ms: number): string {
  if (ms === 0) return 'the first sign';
  return ms > 0 ? `${durationWords(ms)} after the first sign` : `${durationWords(-ms)} before the first sign here`;
}

function impact({ reports, bursts, pages }: PostmortemFacts): string[] {
  const loudest = Math.max(0, ...bursts.flatMap(({ measure, peak }) => (measure === 'posts' ? [peak] : [])));
  return [
    reports.visitors === 0 ? '- No visitor reported it' : `- ${count(reports.visitors, 'visitor')} reported it`,
    ...(loudest === 0 ? [] : [`- ${count(loudest, 'post')} told of problems at the peak`]),
    pages.sent === 0
      ? '- Nobody was paged'
      : `- ${count(pages.sent, 'page')} to ${count(pages.people, 'person', 'people')}${pages.failed === 0 ? '' : `; ${count(pages.failed, 'page')} did not get through`}`,
  ];
}

function happened({ timeline }: PostmortemFacts): string[] {
  const lines = timeline.slice(0, mostLines).map(({ at, who, text, body }) => {
    const words = escapeMarkdown(cut(body === null ? text : `${text}: ${body}`));
    return `- ${clockOf(at)} ${who === null ? '' : `${escapeMarkdown(who)}: `}${words}`;
  });
  return timeline.length > lines.length ? [...lines, '- The rest is in the timeline of the incident'] : lines;
}

/** Facts that the public may know, to be added to. Nobody is named. */
function publicDraft(facts: PostmortemFacts): string {
  const began = beganAt(facts);
  const day = dayOf(began) === dayOf(facts.resolvedAt) ? '' : ` on ${dayOf(facts.resolvedAt)}`;
  const taken =
    facts.acknowledgedAt === null
      ? ''
      : ` Somebody was working on it ${durationWords(facts.acknowledgedAt - began)} after it began.`;
  return `**${escapeMarkdown(facts.publicTitle)}** on ${dayOf(began)}, from ${clockOf(began)} to ${clockOf(facts.resolvedAt)} UTC${day}: ${durationWords(facts.resolvedAt - began)}.

We noticed it ${facts.openedAt === began ? 'at once' : lagWords(facts.openedAt - began)}.${taken}
`;
}

/** A person as the status page would name them. */
interface Named {
  readonly name: string;
  readonly email: string;
  readonly showName: boolean;
}

/** Who is named in a text for the public without having chosen to be: by the whole name or the mail address, in any case. */
export function namedUnasked(text: string, people: readonly Named[]): string[] {
  const folded = fold(text);
  return people
    .filter(({ showName, name, email }) => !showName && (holds(folded, fold(name)) || folded.includes(fold(email))))
    .map(({ name }) => name);
}

const fold = (text: string): string => text.normalize('NFKC').toLowerCase().replace(/\s+/g, ' ');

/** Whether the words stand in the text and not only within longer ones. */
function holds(text: string, words: string): boolean {
  const isLetter = (sign: string | undefined): boolean => sign !== undefined && /[\p{L}\p{N}]/u.test(sign);
  for (let at = text.indexOf(words); at >= 0 && words !== ''; at = text.indexOf(words, at + 1))
    if (!isLetter(text[at - 1]) && !isLetter(text[at + words.length])) return true;
  return false;
}

const cut = (text: string): string =>
  text.length <= longestLine ? text : `${text.slice(0, longestLine - 1).toWellFormed()}…`;
const count = (n: number, one: string, many = `${one}s`): string => `${n} ${n === 1 ? one : many}`;
const dayOf = (at: EpochMs): string => new Date(at).toISOString().slice(0, 10);
const clockOf = (at: EpochMs): string => new Date(at).toISOString().slice(11, 19);
