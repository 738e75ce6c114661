import type { EpochMs } from '../../domain/words.ts';
import { formatDuration } from '../config/duration.ts';
import { type Finding, pagesByPerson } from './judge.ts';
import type { Story } from './read-story.ts';
import type { Scenario } from './scenario.ts';
import { type Figures, figuresOf, timelineOf } from './timeline.ts';

/** `09:13`, with the day where it is not the first one. */
export function whenText(scenario: Scenario, at: EpochMs | undefined): string {
  if (at === undefined || !Number.isFinite(at)) return 'never';
  const text = new Date(at).toISOString();
  const isFirstDay = text.slice(0, 10) === new Date(scenario.startsAt).toISOString().slice(0, 10);
  return isFirstDay ? text.slice(11, 16) : `${text.slice(5, 10)} ${text.slice(11, 16)}`;
}

/** `+3m` after, `-3m` before; empty where one of them never was. Whole seconds. */
export function lagText(from: EpochMs | undefined, to: EpochMs | undefined): string {
  if (from === undefined || to === undefined || !Number.isFinite(from) || !Number.isFinite(to)) return '';
  const ms = Math.round(Math.abs(to - from) / 1_000) * 1_000;
  return `${to < from ? '-' : '+'}${formatDuration(ms)}`;
}

/** Who knew what when: the rows of the report's first table, with the time since the first failure. */
export function knowledgeRows(scenario: Scenario, figures: Figures): { what: string; when: string; lag: string }[] {
  const row = (what: string, at: EpochMs | undefined) => ({
    what,
    when: whenText(scenario, at),
    lag: lagText(figures.failedAt, at),
  });
  return [
    row('It begins to fail', figures.failedAt),
    row('The checks know', figures.seenAt),
    row('The likely cause is named', figures.causeAt),
    row('The public has made itself heard', figures.publicAt),
    row('The provider says something', figures.providerAt),
    row('A team without HugOps reads it there', figures.withoutAt),
    row('It works again', figures.recovery?.at),
    row('The checks know that it works again', figures.recovery?.seenAt),
  ];
}

/** The report for a terminal. */
export function reportText(scenario: Scenario, story: Story, findings: readonly Finding[]): string {
  const figures = figuresOf(scenario, story);
  const person = (id: string): string => scenario.people.get(id)?.name ?? id;
  const knowledge = knowledgeRows(scenario, figures).map(({ what, when, lag }) => [when, lag, what]);
  const timeline = timelineOf(scenario, story).map(({ at, kind, text }) => [
    whenText(scenario, at),
    kind,
    cut(text, 110),
  ]);
  const pages = [...pagesByPerson(story)].map(([id, count]) => `${person(id)} ${count}`);
  const counts = [
    `incidents ${figures.incidents}`,
    `pages ${figures.pages}${pages.length === 0 ? '' : ` (${pages.join(', ')})`}`,
    `reports ${story.reports.length}`,
    `posts ${story.stances.size}`,
    `hugs ${figures.hugs}, which reached ${figures.peopleThanked} ${figures.peopleThanked === 1 ? 'person' : 'people'}`,
    ...(story.killed === 0 ? [] : [`killed and started again ${story.killed} times`]),
  ];
  const verdicts = findings.map(({ what, isMet, found }) => [isMet ? 'yes' : 'NO', `${what}: ${found}`]);
  return [
    `\n${scenario.title}\n`,
    `Who knew what when (UTC, and after the first failure)\n${columns(knowledge)}`,
    `What happened\n${columns(timeline)}`,
    `Counts\n${counts.map((line) => `  ${line}\n`).join('')}`,
    `What had to come out\n${columns(verdicts)}`,
  ].join('\n');
}

const cut = (text: string, most: number): string => (text.length > most ? `${text.slice(0, most - 1)}…` : text);

function columns(rows: readonly string[][]): string {
  const widths = (rows[0] ?? []).map((_, index) => Math.max(...rows.map((row) => row[index]?.length ?? 0)));
  return rows
    .map(
      (row) =>
        `  ${row.map((cell, index) => (index === row.length - 1 ? cell : cell.padEnd(widths[index] ?? 0))).join('  ')}\n`,
    )
    .join('');
}
