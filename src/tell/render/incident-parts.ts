import type { IncidentModel, MaintenanceModel, UpdateModel } from '../model.ts';
import { icon } from './icons.ts';
import { html, type Markup } from './markup.ts';
import { prose } from './prose.ts';
import { durationText, type Times } from './times.ts';
import { allNamesText, countText, namesText, shownPhase, shownSeverity } from './words.ts';

export const incidentPath = (id: string): string => `/incidents/${id}`;

/** An open incident as the page shows it first: what is broken, since when, what is known, and the button. */
export function currentIncident(incident: IncidentModel, times: Times): Markup {
  const [latest, ...earlier] = incident.updates;
  return html`<article class="card open t-${shownSeverity[incident.severity].tone}" aria-labelledby="t-${incident.id}">
    ${incidentTag(incident)}
    <h2 id="t-${incident.id}"><a href="${incidentPath(incident.id)}">${incident.title}</a></h2>
    ${incidentMeta(incident, times)} ${latest === undefined ? '' : updateBlock(latest, times)}
    ${
      earlier.length === 0
        ? ''
        : html`<details class="earlier">
            <summary>${countText(earlier.length, 'earlier update', 'earlier updates')}</summary>
            ${updateList(earlier, times)}
          </details>`
    }
    ${reportLine(incident)}
  </article>`;
}

export function incidentTag(incident: IncidentModel): Markup {
  const shown = shownSeverity[incident.severity];
  return html`<p class="tag t-${incident.resolvedAt === null ? shown.tone : 'ok'}">
    ${
      incident.resolvedAt === null
        ? html`${icon(shown.icon)} ${shown.word}`
        : html`${icon('ok')} Resolved<span class="was">was: ${shown.word.toLowerCase()}</span>`
    }
  </p>`;
}

export function incidentMeta(incident: IncidentModel, times: Times): Markup {
  const names = incident.affected.map((component) => component.name);
  return html`<p class="meta">
    ${
      incident.resolvedAt === null
        ? html`<span>Since ${times.since(incident.openedAt)}</span>`
        : html`<span
            >${times.fixed(incident.openedAt)}, lasted ${durationText(incident.resolvedAt - incident.openedAt)}</span
          >`
    }
    ${names.length === 0 ? '' : html`<span class="affects">Affects ${allNamesText(names)}</span>`}
  </p>`;
}

export const updateList = (updates: readonly UpdateModel[], times: Times): Markup =>
  html`<ol class="updates" reversed>
    ${updates.map((update) => html`<li>${updateBlock(update, times)}</li>`)}
  </ol>`;

function updateBlock(update: UpdateModel, times: Times): Markup {
  const phase = shownPhase[update.phase];
  return html`<div class="update p-${update.phase}" id="${update.id}">
    <p class="phase"><strong>${icon(phase.icon)} ${phase.word}</strong> ${times.ago(update.at)}</p>
    <div class="prose">${prose(update.body)}</div>
  </div>`;
}

/** "You are not alone", with the way to say so too. */
export function reportLine(incident: IncidentModel): Markup {
  const count = incident.reportCount;
  return html`<div class="also">
    <p>
      ${icon('people')}
      ${count === 0 ? 'Does this affect you?' : html`<span><b>${countText(count, 'person reports', 'people report')}</b> this too.</span>`}
    </p>
    <a class="button" href="/report?incident=${incident.id}">I have this problem too</a>
  </div>`;
}

export function maintenanceCard(maintenance: MaintenanceModel, times: Times): Markup {
  const running = maintenance.status === 'in_progress';
  const names = maintenance.affected.map((component) => component.name);
  return html`<article class="card t-maintenance" id="${maintenance.id}" aria-labelledby="t-${maintenance.id}">
    <p class="tag t-maintenance">
      ${icon('maintenance')} ${running ? 'Maintenance in progress' : 'Planned maintenance'}
    </p>
    <h3 id="t-${maintenance.id}">${maintenance.title}</h3>
    <p class="meta">
      <span>${times.fixed(maintenance.startsAt)} to ${times.fixed(maintenance.endsAt)}</span>
      ${names.length === 0 ? '' : html`<span class="affects">Affects ${namesText(names, 6)}</span>`}
    </p>
    ${maintenance.body === '' ? '' : html`<div class="prose">${prose(maintenance.body)}</div>`}
  </article>`;
}

/** A resolved incident as one entry of a day or month. */
export function pastIncident(incident: IncidentModel, times: Times): Markup {
  const last = incident.updates[0];
  const { hugCount, openUntil } = incident.thanks;
  const shown = shownSeverity[incident.severity];
  return html`<article class="past" aria-labelledby="t-${incident.id}">
    <h4 id="t-${incident.id}"><a href="${incidentPath(incident.id)}">${incident.title}</a></h4>
    <p class="meta">
      <span class="t-ok state">${icon('ok')} Resolved</span>
      <span
        >${shown.word}, ${times.clock(incident.openedAt)}, lasted
        ${durationText((incident.resolvedAt ?? incident.openedAt) - incident.openedAt)}</span
      >
    </p>
    ${last === undefined ? '' : html`<div class="prose quiet">${prose(last.body)}</div>`}
    ${
      hugCount > 0 || openUntil !== null
        ? html`<p class="thanks-line">
            <a class="warm" href="${incidentPath(incident.id)}#thanks">
              ${icon('hug')}
              ${
                hugCount > 0
                  ? html`${countText(hugCount, 'hug', 'hugs')} for the people who fixed it`
                  : 'Thank the people who fixed it'
              }
            </a>
          </p>`
        : ''
    }
  </article>`;
}
