import type { EpochMs } from '../../domain/words.ts';
import type { Story } from './read-story.ts';
import { lagText, whenText } from './report-text.ts';
import type { Scenario } from './scenario.ts';
import type { Figures } from './timeline.ts';

const width = 900;
const minute = 60_000;

const escape = (text: string): string => text.replaceAll(/[&<>"']/g, (letter) => `&#${letter.codePointAt(0) ?? 0};`);

/** Bars from the first failure to the moment at which each knew. Empty for a scenario in which nothing fails. */
export function leadPlot(scenario: Scenario, figures: Figures): string {
  const { failedAt } = figures;
  if (failedAt === undefined) return '';
  const rows: [string, EpochMs | undefined, string][] = [
    ['the checks', figures.seenAt, 'var(--known)'],
    ['the cause is named', figures.causeAt, 'var(--known)'],
    ['the public', figures.publicAt, 'var(--problem)'],
    ['the provider', figures.providerAt, 'var(--soft)'],
  ];
  const known = rows.filter((row): row is [string, EpochMs, string] => row[1] !== undefined && row[1] >= failedAt);
  const longest = Math.max(minute, ...known.map(([, at]) => at - failedAt));
  const left = 170;
  const room = width - left - 120;
  const bars = known.map(([name, at, colour], index) => {
    const y = 24 + index * 30;
    const length = Math.max(2, ((at - failedAt) / longest) * room);
    return `<text x="${left - 10}" y="${y + 14}" text-anchor="end">${name}</text><rect x="${left}" y="${y}" width="${length.toFixed(1)}" height="18" rx="3" fill="${colour}"/><text x="${(left + length + 8).toFixed(1)}" y="${y + 14}">${whenText(scenario, at)} (${lagText(failedAt, at)})</text>`;
  });
  const summary = known.map(([name, at]) => `${name} after ${lagText(failedAt, at)}`).join(', ');
  return `<svg viewBox="0 0 ${width} ${36 + known.length * 30}" role="img" aria-label="${escape(`Who knew when: ${summary}`)}"><text class="soft" x="${left}" y="14">first failure ${whenText(scenario, failedAt)} UTC</text>${bars.join('')}</svg>`;
}

/** Problems and reports above the line, thanks below it, a bar each five minutes; over the hours in which anybody spoke. */
export function curvePlot(scenario: Scenario, story: Story): string {
  const binMs = 5 * minute;
  const bins = new Map<EpochMs, { problem: number; thanks: number; report: number }>();
  const binAt = (at: EpochMs) => {
    const key = Math.floor(at / binMs) * binMs;
    const bin = bins.get(key) ?? { problem: 0, thanks: 0, report: 0 };
    bins.set(key, bin);
    return bin;
  };
  for (const { at, stance, count } of story.voices)
    if (stance === 'problem' || stance === 'thanks') binAt(at)[stance] += count;
  for (const at of story.reports) binAt(at).report++;
  for (const { at } of story.hugs) binAt(at).thanks++;
  if (bins.size === 0) return '<p>Nobody said anything.</p>';
  const from = Math.min(...bins.keys());
  const until = Math.max(...bins.keys()) + binMs;
  const highest = Math.max(1, ...[...bins.values()].map((bin) => bin.problem + bin.report));
  const deepest = Math.max(1, ...[...bins.values()].map((bin) => bin.thanks));
  const scale = 220 / (highest + deepest);
  const zero = 20 + highest * scale;
  const x = (at: EpochMs): number => ((at - from) / (until - from)) * width;
  const barWidth = Math.max(1, x(from + binMs) - 1).toFixed(1);
  const bar = (at: EpochMs, y: number, height: number, colour: string): string =>
    height <= 0
      ? ''
      : `<rect x="${x(at).toFixed(1)}" y="${y.toFixed(1)}" width="${barWidth}" height="${height.toFixed(1)}" fill="${colour}"/>`;
  const bars = [...bins].map(([at, { problem, report, thanks }]) => {
    const problems = problem * scale;
    const reports = report * scale;
    return (
      bar(at, zero - problems, problems, 'var(--problem)') +
      bar(at, zero - problems - reports, reports, 'var(--report)') +
      bar(at, zero, thanks * scale, 'var(--thanks)')
    );
  });
  const hour = 60 * minute;
  const ticks: string[] = [];
  for (let at = Math.ceil(from / hour) * hour; at < until; at += hour)
    ticks.push(
      `<text class="soft" x="${x(at).toFixed(1)}" y="275" text-anchor="middle">${whenText(scenario, at)}</text>`,
    );
  const totals = [...bins.values()].reduce(
    (sum, bin) => ({
      problem: sum.problem + bin.problem,
      thanks: sum.thanks + bin.thanks,
      report: sum.report + bin.report,
    }),
    { problem: 0, thanks: 0, report: 0 },
  );
  const legend = `${totals.problem} voices of trouble, ${totals.report} reports (above), ${totals.thanks} thanks (below), each five minutes; at most ${highest} and ${deepest}`;
  return `<svg viewBox="0 0 ${width} 285" role="img" aria-label="${escape(legend)}"><line x1="0" x2="${width}" y1="${zero.toFixed(1)}" y2="${zero.toFixed(1)}" stroke="var(--line)"/>${bars.join('')}${ticks.join('')}</svg><p class="hint"><span style="color:var(--problem)">■ trouble</span> <span style="color:var(--report)">■ reports</span> <span style="color:var(--thanks)">■ thanks</span>: ${escape(legend)}.</p>`;
}
