import type { PageModel } from '../model.ts';
import { noScriptNote } from './incident-page.ts';
import { incidentPath } from './incident-parts.ts';
import { icon, type IconName } from './icons.ts';
import { type Frame, layout } from './layout.ts';
import { html, type Markup } from './markup.ts';
import { shownStatus } from './words.ts';

/** "I have a problem": choose what does not work. The link from an incident comes with `?incident=`, which the script uses to choose for the reader. */
export function reportPage(frame: Frame, model: PageModel): string {
  const main = html`
    <p class="back"><a href="/">${icon('back')} All services</a></p>
    <h1>What is not working for you?</h1>
    ${
      model.current.length === 0
        ? ''
        : html`<div class="known">
            <p>We already know about this, and work on it:</p>
            <ul>
              ${model.current.map((incident) => html`<li><a href="${incidentPath(incident.id)}">${incident.title}</a></li>`)}
            </ul>
            <p>Your report still helps: it tells us how many people it reaches.</p>
          </div>`
    }
    ${model.components.length === 0 ? html`<p class="empty">No services are shown here yet.</p>` : reportForm(model)}
  `;
  return layout(frame, { title: 'Report a problem', path: '/report', withForm: true, main });
}

function reportForm(model: PageModel): Markup {
  const groups = [
    ...model.groups.map((group) => ({
      name: group.name,
      members: model.components.filter((component) => component.groupId === group.id),
    })),
    { name: '', members: model.components.filter((component) => component.groupId === null) },
  ].filter((group) => group.members.length > 0);
  const incidents = Object.fromEntries(
    model.current.map((incident) => [
      incident.id,
      incident.affected.flatMap(
        (affected) => model.components.find((component) => component.id === affected.id)?.serviceId ?? [],
      ),
    ]),
  );
  return html`<form data-post="/report" data-form="report" data-incidents="${JSON.stringify(incidents)}" novalidate>
    <fieldset class="choices">
      <legend class="visually-hidden">Service</legend>
      ${groups.map(
        (group) =>
          html`${group.name === '' || groups.length === 1 ? '' : html`<p class="choice-group">${group.name}</p>`}
            <div class="choice-list">
              ${group.members.map((component) => {
                const shown = shownStatus[component.status];
                return html`<label
                  ><input
                    type="radio"
                    name="serviceId"
                    value="${component.serviceId}"
                    data-name="${component.name}"
                  /><span
                    ><b>${component.name}</b>
                    <span class="state t-${shown.tone}">${icon(shown.icon)} ${shown.word}</span></span
                  ></label
                >`;
              })}
            </div>`,
      )}
    </fieldset>
    <p class="error" role="alert" hidden></p>
    <button class="button primary" type="submit">Send my report</button>
    ${noScriptNote}
    <p class="hint">Without an account and without your name. We count it, nothing more.</p>
  </form>`;
}

/** Where a reader leaves an address. The answer is the same whether the address is known or not. */
export function subscribePage(frame: Frame, given: { email?: string; error?: string } = {}): string {
  const main = html`
    <p class="back"><a href="/">${icon('back')} All services</a></p>
    <h1>Get updates by e-mail</h1>
    <p class="lead">One mail when an incident begins, one for each update, and one when it is over. Nothing else.</p>
    <form class="stack" method="post" action="/subscribe">
      <div class="field">
        <label for="email">E-mail address</label>
        <input
          id="email"
          name="email"
          type="email"
          autocomplete="email"
          required
          maxlength="254"
          value="${given.email ?? ''}"
          ${given.error === undefined ? '' : 'aria-invalid=true aria-describedby=email-error'}
        />
        ${given.error === undefined ? '' : html`<p class="error" id="email-error">${given.error}</p>`}
      </div>
      <button class="button primary" type="submit">Subscribe</button>
    </form>
    <p class="hint">
      We send one mail to ask whether it is really you. Each later mail has a link that ends the subscription at once.
    </p>
    <h2 class="section">Other ways to follow</h2>
    <ul class="plain">
      <li>
        <a href="/feed.atom">Atom feed</a> and <a href="/feed.rss">RSS feed</a>, for a feed reader or a chat channel
      </li>
      <li><a href="/api/v2/summary.json">JSON</a>, in the format of Statuspage</li>
    </ul>
  `;
  return layout(frame, { title: 'Subscribe', path: '/subscribe', main });
}

export interface Message {
  title: string;
  text: string;
  icon: IconName;
  tone?: 'ok' | 'unknown' | 'major';
  /** Asks before it acts: a button that posts to this address. */
  action?: { href: string; label: string };
}

/** One thing said, perhaps with one button: not found, subscribed, confirm, unsubscribe, an error. */
export function messagePage(frame: Frame, message: Message): string {
  const main = html`
    <div class="hero t-${message.tone ?? 'unknown'}">
      ${icon(message.icon, 'glyph')}
      <div>
        <h1>${message.title}</h1>
        <p>${message.text}</p>
      </div>
    </div>
    ${
      message.action === undefined
        ? ''
        : html`<form method="post" action="${message.action.href}">
            <button class="button primary" type="submit">${message.action.label}</button>
          </form>`
    }
    <p class="back"><a href="/">${icon('back')} Back to the status page</a></p>
  `;
  return layout(frame, { title: message.title, path: '/', unlisted: true, main });
}

export const notFoundPage = (frame: Frame): string =>
  messagePage(frame, {
    title: 'There is no such page',
    text: 'The link may be old, or a letter may be missing. The state of all services is on the first page.',
    icon: 'unknown',
  });
