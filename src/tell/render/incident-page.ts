import { parseMarkdown } from '../../domain/markdown.ts';
import { markdownHtml } from '../../domain/markdown-html.ts';
import { onwardNetworks } from '../../domain/onward-thanks.ts';
import { hugKinds } from '../../domain/words.ts';
import { escapeHtml } from '../../platform/mail/layout.ts';
import { incidentData } from '../machines/search-engines.ts';
import type { IncidentModel } from '../model.ts';
import { icon } from './icons.ts';
import { incidentMeta, incidentPath, incidentTag, reportLine, updateList } from './incident-parts.ts';
import { type Frame, layout } from './layout.ts';
import { html, type Markup, raw } from './markup.ts';
import { prose } from './prose.ts';
import { type Times, timesIn } from './times.ts';
import { allNamesText, countText, hugWords, shownPhase } from './words.ts';

/** Matches the column's use in thank: what a visitor may write with a hug. */
const longestMessage = 280;

/** One incident for good: what happened, what was said, and, once it is over, the thanks. */
export function incidentPage(frame: Frame, incident: IncidentModel): string {
  const times = timesIn(frame.page.timeZone);
  const main = html`
    <p class="back"><a href="/">${icon('back')} All services</a></p>
    <article class="incident">
      ${incidentTag(incident)}
      <h1>${incident.title}</h1>
      ${incidentMeta(incident, times)} ${incident.resolvedAt === null ? reportLine(incident) : afterwards(incident)}
      ${whatHappened(incident, times)}
      <h2 class="section">Updates</h2>
      ${updateList(incident.updates, times)}
    </article>
    ${thanksSection(incident, times)}
  `;
  return layout(frame, {
    title: incident.title,
    description: `${shownPhase[incident.phase].word}: ${incident.updates[0]?.body ?? incident.title}`.slice(0, 200),
    path: incidentPath(incident.id),
    data: incidentData(frame.page, incident),
    withForm: incident.thanks.openUntil !== null,
    main,
  });
}

const afterwards = (incident: IncidentModel): Markup | string =>
  incident.reportCount === 0
    ? ''
    : html`<p class="reported">
        ${icon('people')} ${countText(incident.reportCount, 'person', 'people')} reported this.
      </p>`;

/** What people wrote about it afterwards, before the updates of the hour: it is what somebody comes here for later. */
function whatHappened(incident: IncidentModel, times: Times): Markup | string {
  const { postmortem } = incident;
  if (postmortem === undefined) return '';
  return html`<section class="postmortem" id="postmortem" aria-labelledby="postmortem-title">
    <h2 class="section" id="postmortem-title">What happened</h2>
    <div class="prose written">${raw(markdownHtml(parseMarkdown(postmortem.body), escapeHtml))}</div>
    <p class="when">${times.ago(postmortem.updatedAt)}</p>
  </section>`;
}

function thanksSection(incident: IncidentModel, times: Times): Markup | string {
  const { thanks } = incident;
  if (thanks.openUntil === null && thanks.hugCount === 0) return '';
  return html`<section class="thanks" id="thanks" aria-labelledby="thanks-title">
    <h2 id="thanks-title">
      ${icon('hug')} ${thanks.hugCount > 0 ? countText(thanks.hugCount, 'hug', 'hugs') : 'Say thank you'}
    </h2>
    ${thanks.people.length > 0 ? html`<p>Thanks to ${allNamesText(thanks.people)}, who worked on it.</p>` : ''}
    ${
      thanks.hugCount > 0
        ? html`<ul class="kinds" aria-label="What was given">
            ${thanks.byKind.map(
              ({ kind, count }) =>
                html`<li>
                  ${icon(hugWords[kind].icon)}
                  <b>${count}</b> ${count === 1 ? hugWords[kind].one : hugWords[kind].many}
                </li>`,
            )}
          </ul>`
        : ''
    }
    ${
      thanks.messages.length > 0
        ? html`<ul class="messages">
            ${thanks.messages.map(
              (message) =>
                html`<li>
                  ${icon(hugWords[message.kind].icon)}
                  <div>
                    ${prose(message.text)}
                    <p class="when">${times.ago(message.at)}</p>
                  </div>
                </li>`,
            )}
          </ul>`
        : ''
    }
    ${thanks.openUntil === null ? '' : hugForm(incident, thanks.openUntil, times)} ${onwardLinks(incident)}
    ${thanks.hugCount > 0 ? html`<p class="more"><a class="warm" href="/thanks">All the thanks there were</a></p>` : ''}
  </section>`;
}

const networkNames = { bluesky: 'Bluesky', mastodon: 'Mastodon', x: 'X' } as const;

/** It was a provider's trouble: its people were up, too. */
function onwardLinks(incident: IncidentModel): Markup | string {
  const { onward } = incident.thanks;
  if (onward === undefined || incident.resolvedAt === null) return '';
  return html`<div class="onward">
    <p>
      The trouble was at ${onward.provider}, and people there were up for it, too. Send them a hug with a public post;
      you see it before it goes out.
    </p>
    <p class="onward-links">
      ${onwardNetworks.map(
        (network) =>
          html`<a class="button" rel="nofollow noreferrer" href="${incidentPath(incident.id)}/onward/${network}"
            >${icon('hug')} ${networkNames[network]}</a
          > `,
      )}
    </p>
    ${
      onward.started === 0
        ? ''
        : html`<p class="hint">${countText(onward.started, 'person has', 'people have')} gone on to thank them.</p>`
    }
  </div>`;
}

function hugForm(incident: IncidentModel, openUntil: number, times: Times): Markup {
  return html`<form class="hug-form" data-post="${incidentPath(incident.id)}/hugs" data-form="hug" novalidate>
    <p class="intro">
      Someone left what they were doing to get this working again. A kind word reaches them, in their daytime.
    </p>
    <fieldset>
      <legend>What would you like to give?</legend>
      <div class="gifts">
        ${hugKinds.map(
          (kind, index) =>
            html`<label
              ><input type="radio" name="kind" value="${kind}" ${index === 0 ? 'checked' : ''} /><span
                >${icon(hugWords[kind].icon)} ${hugWords[kind].word}</span
              ></label
            >`,
        )}
      </div>
    </fieldset>
    <fieldset>
      <legend>Whom is it for?</legend>
      <div class="gifts">
        <label><input type="radio" name="addressedTo" value="team" checked /><span>Everybody who helped</span></label>
        <label><input type="radio" name="addressedTo" value="fixers" /><span>Whoever fixed it</span></label>
      </div>
    </fieldset>
    <div class="field">
      <label for="message">A few words, if you like</label>
      <textarea
        id="message"
        name="message"
        rows="3"
        maxlength="${longestMessage}"
        aria-describedby="message-hint"
      ></textarea>
      <p class="hint" id="message-hint">
        Without your name. Shown here once somebody has read it.
        <span class="counter" data-counter="message" aria-live="off"></span>
      </p>
    </div>
    <p class="error" role="alert" hidden></p>
    <button class="button warm" type="submit">${icon('hug')} Send it</button>
    ${noScriptNote}
    <p class="hint">Open until ${times.fixed(openUntil)}.</p>
  </form>`;
}

/** Reading needs no script; sending does, because the sender's computer proves with a little work that it is not a flood. */
export const noScriptNote = html`<noscript
  ><p class="hint">
    Sending needs JavaScript: your browser does a small sum that keeps floods away, instead of a puzzle for you.
  </p></noscript
>`;
