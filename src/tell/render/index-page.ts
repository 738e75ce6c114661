import { rankOf, worstOf } from '../../domain/public-status.ts';
import type { ComponentModel, GroupModel, IncidentModel, PageModel } from '../model.ts';
import { pageData } from '../machines/search-engines.ts';
import { daysChart, troubleDays, uptimeText } from './days-chart.ts';
import { icon } from './icons.ts';
import { currentIncident, maintenanceCard, pastIncident } from './incident-parts.ts';
import { type Frame, layout } from './layout.ts';
import { html, type Markup } from './markup.ts';
import { type Times, timesIn } from './times.ts';
import { countText, headlineOf, namesText, shownStatus } from './words.ts';

/** Groups stay open on a small page; on a large one only those with trouble, so that what is broken is not scrolled away. */
const openGroupsUpTo = 16;
const pastDays = 15;

/** The page itself: what is broken, since when, and the button; then everything that works; then what was. */
export function indexPage(frame: Frame, model: PageModel): string {
  const times = timesIn(model.page.timeZone);
  const running = model.maintenances.filter((maintenance) => maintenance.status === 'in_progress');
  const planned = model.maintenances.filter((maintenance) => maintenance.status === 'scheduled');
  const main = html`
    ${hero(model, times)} ${model.current.map((incident) => currentIncident(incident, times))}
    ${running.map((maintenance) => maintenanceCard(maintenance, times))} ${components(model, times)}
    ${
      planned.length === 0
        ? ''
        : html`<section aria-labelledby="planned">
            <h2 id="planned" class="section">Planned maintenance</h2>
            ${planned.map((maintenance) => maintenanceCard(maintenance, times))}
          </section>`
    }
    ${pastByDay(model, times)}
  `;
  return layout(frame, { title: '', path: '/', data: pageData(model), main });
}

function hero(model: PageModel, times: Times): Markup {
  const { sentence, shown: blended } = headlineOf(model.status);
  const affected = model.components.filter((component) => rankOf(component.status) > 0);
  // The sentence blends; the colour is that of the worst trouble, as the card below has it.
  const worst = worstOf(model.components.map((component) => component.status));
  const shown = rankOf(worst) > 0 ? shownStatus[worst] : blended;
  const since = Math.min(...model.current.map((incident) => incident.openedAt));
  return html`<div class="hero t-${shown.tone}">
    ${icon(shown.icon, 'glyph')}
    <div>
      <h1>${sentence}</h1>
      <p>
        ${affected.length > 0 ? html`<b>${namesText(affected.map((component) => component.name))}</b>` : model.page.description}
        ${Number.isFinite(since) ? html`<span class="since">since ${times.since(since)}</span>` : ''}
      </p>
    </div>
  </div>`;
}

function components(model: PageModel, times: Times): Markup {
  if (model.components.length === 0) {
    return html`<p class="empty">No services are shown here yet.</p>`;
  }
  const loose = model.components.filter((component) => component.groupId === null);
  const few = model.components.length <= openGroupsUpTo;
  const rows = (list: readonly ComponentModel[]): Markup[] => list.map((component) => row(component, model, times));
  return html`<section class="components" aria-labelledby="services">
    <div class="section-head">
      <h2 id="services" class="section">Services</h2>
      <p class="legend" aria-hidden="true">
        <span><i class="k-up"></i>fine</span><span><i class="k-degraded"></i>degraded</span
        ><span><i class="k-down"></i>down</span><span><i class="k-unknown"></i>not measured</span>
      </p>
    </div>
    ${model.groups.map((group) => {
      const members = model.components.filter((component) => component.groupId === group.id);
      return members.length === 0
        ? ''
        : groupBlock(group, rows(members), few || rankOf(group.status) > 0, members.length);
    })}
    ${
      loose.length > 0
        ? html`<ul class="rows">
            ${rows(loose)}
          </ul>`
        : ''
    }
  </section>`;
}

function groupBlock(group: GroupModel, rows: Markup[], open: boolean, count: number): Markup {
  return html`<details class="group" ${open ? 'open' : ''}>
    <summary>
      <h3>${group.name}</h3>
      <span class="count">${count}</span>${stateOf(group.status)}
    </summary>
    <ul class="rows">
      ${rows}
    </ul>
  </details>`;
}

function stateOf(status: ComponentModel['status']): Markup {
  const shown = shownStatus[status];
  return html`<span class="state t-${shown.tone}">${icon(shown.icon)} ${shown.word}</span>`;
}

function row(component: ComponentModel, model: PageModel, times: Times): Markup {
  return html`<li class="row">
    <div class="row-head">
      <h4>${component.name}</h4>
      ${stateOf(component.status)}
    </div>
    ${component.description === '' ? '' : html`<p class="about">${component.description}</p>`}
    <div class="chart">${daysChart(component, model.dayStarts, times)}</div>
    ${axis(component, model, times)}
  </li>`;
}

/** The line under the bars; where there was trouble, it opens to the days in words. */
function axis(component: ComponentModel, model: PageModel, times: Times): Markup {
  const trouble = troubleDays(component, model.dayStarts);
  const ends = html`<span class="from" aria-hidden="true"></span>`;
  const today = html`<span aria-hidden="true">today</span>`;
  if (trouble.length === 0) {
    return html`<p class="axis">${ends}<span class="uptime">${uptimeText(component)}</span>${today}</p>`;
  }
  return html`<details class="trouble">
    <summary class="axis">
      ${ends}<span class="uptime"
        >${uptimeText(component)}<span class="visually-hidden"
          >, ${countText(trouble.length, 'day', 'days')} with trouble</span
        ></span
      >${today}
    </summary>
    <ul>
      ${trouble.map((day) => html`<li><span>${times.day(day.at)}</span> <span>${day.text}</span></li>`)}
    </ul>
  </details>`;
}

/** The last 15 days; a run of quiet days is one line. */
function pastByDay(model: PageModel, times: Times): Markup {
  const starts = model.dayStarts.slice(-(pastDays + 1));
  const entries: Markup[] = [];
  let quietTo: number | undefined;
  let quietFrom = 0;
  const endQuiet = (): void => {
    if (quietTo === undefined) return;
    const label =
      quietTo === quietFrom ? times.shortDay(quietTo) : `${times.shortDay(quietFrom)} to ${times.shortDay(quietTo)}`;
    entries.push(
      html`<div class="day none">
        <h3>${label}</h3>
        <p>No incidents</p>
      </div>`,
    );
    quietTo = undefined;
  };
  for (let index = starts.length - 2; index >= 0; index--) {
    const start = starts[index] ?? 0;
    const end = starts[index + 1] ?? 0;
    const incidents = model.resolved.filter((incident) => incident.openedAt >= start && incident.openedAt < end);
    if (incidents.length === 0) {
      quietTo ??= start;
      quietFrom = start;
      continue;
    }
    endQuiet();
    entries.push(dayOf(start, incidents, times));
  }
  endQuiet();
  return html`<section aria-labelledby="past">
    <h2 id="past" class="section">The last ${pastDays} days</h2>
    <div class="paper">${entries}</div>
    <p class="more"><a href="/history">All past incidents</a></p>
  </section>`;
}

const dayOf = (start: number, incidents: readonly IncidentModel[], times: Times): Markup =>
  html`<div class="day">
    <h3>${times.shortDay(start)}</h3>
    <div>${incidents.map((incident) => pastIncident(incident, times))}</div>
  </div>`;
