import type { Finding } from './judge.ts';
import type { Story } from './read-story.ts';
import { lagText } from './report-text.ts';
import type { Scenario } from './scenario.ts';
import { figuresOf } from './timeline.ts';

export interface PlayedScenario {
  /** Its file without the ending. */
  readonly name: string;
  readonly scenario: Scenario;
  readonly story: Story;
  readonly findings: readonly Finding[];
}

/** The table of docs/replays.md: one line a scenario. */
export function reportTable(played: readonly PlayedScenario[]): string {
  const head = [
    'scenario',
    'seen after',
    'cause named after',
    "before the provider's first post",
    'incidents',
    'pages',
    'false incidents',
    'recovery seen after',
    'hugs',
    'as expected',
  ];
  const rows = played.map(({ name, scenario, story, findings }) => {
    const figures = figuresOf(scenario, story);
    const met = findings.filter(({ isMet }) => isMet).length;
    const after = (to: number | undefined): string => lagText(figures.failedAt, to).replace('+', '') || '–';
    return [
      `[${name}](../scenarios/${name}.yaml)`,
      after(figures.seenAt),
      after(figures.causeAt),
      lagText(figures.causeAt ?? figures.seenAt, figures.providerAt).replace('+', '') || '–',
      String(figures.incidents),
      String(figures.pages),
      String(figures.falseIncidents),
      lagText(figures.recovery?.at, figures.recovery?.seenAt).replace('+', '') || '–',
      String(figures.hugs),
      `${met} of ${findings.length}`,
    ];
  });
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |\n`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('');
}
