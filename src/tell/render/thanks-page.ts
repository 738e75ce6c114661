import type { IncidentModel, PageModel } from '../model.ts';
import { icon } from './icons.ts';
import { incidentPath } from './incident-parts.ts';
import { type Frame, layout } from './layout.ts';
import { html, type Markup } from './markup.ts';
import { prose } from './prose.ts';
import { type Times, timesIn } from './times.ts';
import { allNamesText, countText, hugWords } from './words.ts';

/** As much of each as makes one want to read the rest. */
const wordsShown = 6;

/** The wall: what people said thank you for, incident by incident. Nobody is named who did not ask for it. */
export function thanksPage(frame: Frame, model: PageModel): string {
  const times = timesIn(model.page.timeZone);
  const thanked = model.resolved.filter((incident) => incident.thanks.hugCount > 0);
  const main = html`
    <p class="back"><a href="/">${icon('back')} All services</a></p>
    <h1>Thank you</h1>
    ${
      thanked.length === 0
        ? html`<p class="empty">When something is over, people can say thank you here to those who fixed it.</p>`
        : html`<p>
            What people said to those who fixed things. Their words, and nobody’s name who did not want it here.
          </p>`
    }
    ${thanked.map((incident) => onTheWall(incident, times))}
  `;
  return layout(frame, { title: 'Thank you', path: '/thanks', main });
}

function onTheWall(incident: IncidentModel, times: Times): Markup {
  const { thanks } = incident;
  return html`<section class="thanks">
    <h2>
      ${icon('hug')}
      <a href="${incidentPath(incident.id)}#thanks">${countText(thanks.hugCount, 'hug', 'hugs')}: ${incident.title}</a>
    </h2>
    <p class="when">${times.day(incident.openedAt)}</p>
    ${thanks.people.length > 0 ? html`<p>Thanks to ${allNamesText(thanks.people)}, who worked on it.</p>` : ''}
    ${
      thanks.messages.length === 0
        ? ''
        : html`<ul class="messages">
            ${thanks.messages.slice(0, wordsShown).map(
              (message) =>
                html`<li>
                  ${icon(hugWords[message.kind].icon)}
                  <div>${prose(message.text)}</div>
                </li>`,
            )}
          </ul>`
    }
  </section>`;
}
