import { knowledgeRows, lagText, whenText } from './report-text.ts';
import { pagesByPerson } from './judge.ts';
import { curvePlot, leadPlot } from './report-plots.ts';
import type { PlayedScenario } from './report-table.ts';
import { figuresOf, timelineOf } from './timeline.ts';

const escape = (text: string): string => text.replaceAll(/[&<>"']/g, (letter) => `&#${letter.codePointAt(0) ?? 0};`);

const kindWords = {
  fact: 'known since',
  provider: 'the provider',
  hugops: 'HugOps',
  people: 'people',
  public: 'the public',
  thanks: 'thanks',
} as const;

/** The report as one page that needs nothing else: no script, no font, no picture from elsewhere. */
export function reportHtml({ scenario, story, findings }: PlayedScenario): string {
  const figures = figuresOf(scenario, story);
  const person = (id: string): string => scenario.people.get(id)?.name ?? id;
  const knowledge = knowledgeRows(scenario, figures)
    .map(({ what, when, lag }) => `<tr><th scope="row">${escape(what)}</th><td>${when}</td><td>${lag}</td></tr>`)
    .join('\n');
  const timeline = timelineOf(scenario, story)
    .map(({ at, kind, text, source }) => {
      const link = source === undefined ? undefined : scenario.sources[source];
      const from = link === undefined ? '' : ` <a href="${escape(link.url)}" title="${escape(link.title)}">source</a>`;
      return `<tr class="${kind}"><td><time datetime="${new Date(at).toISOString()}">${whenText(scenario, at)}</time></td><td>${kindWords[kind]}</td><td>${escape(text)}${from}</td></tr>`;
    })
    .join('\n');
  const pages = [...pagesByPerson(story)]
    .map(([id, count]) => `<tr><th scope="row">${escape(person(id))}</th><td>${count}</td></tr>`)
    .join('\n');
  const thanks = story.thanked
    .map(({ at, personId, hugs }) => {
      const zone = scenario.people.get(personId)?.timeZone ?? 'UTC';
      const local = Temporal.Instant.fromEpochMilliseconds(at).toZonedDateTimeISO(zone);
      return `<tr><th scope="row">${escape(person(personId))}</th><td>${hugs}</td><td>${local.toPlainDate().toString()} ${local.toPlainTime().toString({ smallestUnit: 'minute' })} in ${escape(zone)}</td></tr>`;
    })
    .join('\n');
  const verdicts = findings
    .map(
      ({ what, isMet, found }) =>
        `<tr><td>${isMet ? '✓ yes' : '✗ no'}</td><td>${escape(what)}</td><td>${escape(found)}</td></tr>`,
    )
    .join('\n');
  const words = story.hugs.filter(({ text, status }) => text !== null && status === 'approved').slice(0, 12);
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escape(scenario.title)}, replayed</title>
<style>${styles}</style>
<main>
<h1>${escape(scenario.title)}</h1>
<p>${escape(scenario.about)}</p>
<h2>Who knew what when</h2>
${leadPlot(scenario, figures)}
<table><thead><tr><th>What</th><th>UTC</th><th>after the first failure</th></tr></thead><tbody>
${knowledge}
</tbody></table>
<p class="hint">“A team without HugOps” has no checks of its own and reads the provider's page. The lead over it is ${escape(lagText(figures.causeAt ?? figures.seenAt, figures.withoutAt).replace(/^[+-]/, '') || 'not known')}.</p>
<h2>Discontent and thanks</h2>
${curvePlot(scenario, story)}
<h2>Who was paged</h2>
${pages === '' ? '<p>Nobody.</p>' : `<table><thead><tr><th>Person</th><th>pages</th></tr></thead><tbody>\n${pages}\n</tbody></table>`}
<h2>Whom thanks reached</h2>
${thanks === '' ? '<p>Nobody.</p>' : `<table><thead><tr><th>Person</th><th>hugs</th><th>when, where they are</th></tr></thead><tbody>\n${thanks}\n</tbody></table>`}
${words.length === 0 ? '' : `<ul class="words">${words.map(({ text }) => `<li>${escape(text ?? '')}</li>`).join('')}</ul>`}
<h2>What happened</h2>
<table class="timeline"><thead><tr><th>UTC</th><th>who</th><th>what</th></tr></thead><tbody>
${timeline}
</tbody></table>
<h2>What had to come out</h2>
<table><thead><tr><th></th><th>expected</th><th>found</th></tr></thead><tbody>
${verdicts}
</tbody></table>
</main>
</html>
`;
}

const styles = `
:root { color-scheme: light dark; --ink: #1b1f24; --soft: #5b6470; --line: #d9dde2; --page: #fdfdfb; --problem: #b3341f; --thanks: #c2477b; --report: #8a6d1d; --known: #1f6f54; }
@media (prefers-color-scheme: dark) { :root { --ink: #e8eaed; --soft: #a3acb7; --line: #343b43; --page: #14171a; --problem: #f0806b; --thanks: #f08fb8; --report: #d9b95a; --known: #6cc7a4; } }
body { margin: 0; background: var(--page); color: var(--ink); font: 16px/1.5 system-ui, sans-serif; }
main { max-width: 60rem; margin: 0 auto; padding: 1.5rem 1rem 4rem; }
h1 { font-size: 1.6rem; } h2 { font-size: 1.15rem; margin-top: 2.2rem; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
th, td { text-align: left; padding: .3rem .8rem .3rem 0; border-bottom: 1px solid var(--line); vertical-align: top; font-weight: normal; }
thead th { color: var(--soft); font-size: .85rem; }
svg { width: 100%; height: auto; } svg text { fill: var(--ink); font: 12px system-ui, sans-serif; } svg .soft { fill: var(--soft); }
.hint { color: var(--soft); } .timeline td:nth-child(2) { color: var(--soft); white-space: nowrap; } .timeline .hugops td:last-child { font-weight: 600; }
.timeline .thanks td:last-child { color: var(--thanks); } .words li { color: var(--thanks); }
a { color: inherit; }
@media (max-width: 40rem) { .timeline td:nth-child(2), .timeline th:nth-child(2) { display: none; } }
`;
