import type { IncidentModel, PageModel } from '../model.ts';
import { icon } from './icons.ts';
import { pastIncident } from './incident-parts.ts';
import { type Frame, layout } from './layout.ts';
import { html } from './markup.ts';
import { type Times, timesIn } from './times.ts';

/** Past incidents by month, newest first, with the months in which nothing happened said in a line. */
export function historyPage(frame: Frame, model: PageModel): string {
  const times = timesIn(model.page.timeZone);
  const months = groupByMonth(model.resolved, times);
  const main = html`
    <p class="back"><a href="/">${icon('back')} All services</a></p>
    <h1>Past incidents</h1>
    ${model.current.length > 0 ? html`<p><a href="/">${model.current.length} open now</a>, not listed here.</p>` : ''}
    ${
      months.length === 0
        ? html`<p class="empty">Nothing has been recorded since ${times.day(model.historyFrom)}.</p>`
        : months.map(
            ({ name, incidents }) =>
              html`<section>
                <h2 class="section">${name}</h2>
                <div class="paper">
                  ${incidents.map(
                    (incident) =>
                      html`<div class="day">
                        <h3>${times.shortDay(incident.openedAt)}</h3>
                        <div>${pastIncident(incident, times)}</div>
                      </div>`,
                  )}
                </div>
              </section>`,
          )
    }
    ${months.length === 0 ? '' : html`<p class="more">Complete since ${times.day(model.historyFrom)}.</p>`}
  `;
  return layout(frame, { title: 'Past incidents', path: '/history', main });
}

function groupByMonth(
  incidents: readonly IncidentModel[],
  times: Times,
): { name: string; incidents: IncidentModel[] }[] {
  const months: { name: string; incidents: IncidentModel[] }[] = [];
  for (const incident of incidents) {
    const name = times.month(incident.openedAt);
    const last = months.at(-1);
    if (last?.name === name) last.incidents.push(incident);
    else months.push({ name, incidents: [incident] });
  }
  return months;
}
