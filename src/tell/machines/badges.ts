import type { ComponentStatus } from '../../domain/public-status.ts';
import type { PageModel } from '../model.ts';
import { escapeHtml } from '../../platform/mail/layout.ts';
import { headlineOf, type Shown, shownStatus } from '../render/words.ts';

/** What a badge says: `Checkout | Operational`. */
interface Badge {
  label: string;
  message: string;
  tone: Shown['tone'];
}

// On white text each has a contrast of at least 4.5 (WCAG 2.2, 1.4.3).
const colours: Record<Shown['tone'], string> = {
  ok: '#1b7046',
  degraded: '#85620a',
  partial: '#a84a0c',
  major: '#b3261e',
  maintenance: '#2f5f9e',
  unknown: '#5b6068',
};

/** Ids that can stand in a path as they are; those of the file and the console do. */
const plainId = /^\w[\w.-]{0,99}$/;
const longest = 60;

/**
 * Badges for readmes and dashboards, each as a picture of our own and as JSON for a shields.io endpoint badge (https://shields.io/badges/endpoint-badge):
 * `/badge.svg` for the page, `/badges/<component>.svg` for each of its components, and the same with `.json`.
 */
export function badgeFiles(model: PageModel): { path: string; type: string; body: string }[] {
  const { sentence, shown } = headlineOf(model.status);
  const page = { label: model.page.title, message: sentence, tone: shown.tone };
  return [
    ...bothOf('/badge', page),
    ...model.components
      .filter((component) => plainId.test(component.id))
      .flatMap((component) => bothOf(`/badges/${component.id}`, badgeOf(component.name, component.status))),
  ];
}

const badgeOf = (label: string, status: ComponentStatus): Badge => ({
  label,
  message: shownStatus[status].word,
  tone: shownStatus[status].tone,
});

function bothOf(path: string, badge: Badge): { path: string; type: string; body: string }[] {
  const { label, message, tone } = badge;
  const endpoint = {
    schemaVersion: 1,
    label: label.slice(0, longest),
    message,
    color: colours[tone],
    cacheSeconds: 300,
  };
  return [
    { path: `${path}.svg`, type: 'image/svg+xml', body: svgOf(badge) },
    { path: `${path}.json`, type: 'application/json; charset=utf-8', body: JSON.stringify(endpoint) },
  ];
}

// System fonts differ in width; `textLength` makes each reader's font fit the box that was measured here.
const charWidth = 6.6;
const wideChar = /[\u1100-\u11ff\u2e80-\u9fff\uac00-\ud7af\uff00-\uff60]|\p{Extended_Pictographic}/u;
const widthOf = (text: string): number =>
  Math.round(Array.from(text).reduce((sum, char) => sum + (wideChar.test(char) ? 2 : 1) * charWidth, 0));

function svgOf({ label: whole, message, tone }: Badge): string {
  const label = whole.length > longest ? `${whole.slice(0, longest - 1)}…` : whole;
  const [left, right] = [widthOf(label) + 14, widthOf(message) + 14];
  const text = (x: number, width: number, words: string): string =>
    `<text x="${x + 7}" y="14" textLength="${width - 14}">${escapeHtml(words)}</text>`;
  const name = escapeHtml(`${label}: ${message}`);
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" width="${left + right}" height="20" role="img" aria-label="${name}"><title>${name}</title>` +
    `<clipPath id="r"><rect width="${left + right}" height="20" rx="4"/></clipPath><g clip-path="url(#r)">` +
    `<path fill="#3a3d43" d="M0 0h${left}v20H0z"/><path fill="${colours[tone]}" d="M${left} 0h${right}v20H${left}z"/></g>` +
    `<g fill="#fff" font-family="system-ui,Verdana,sans-serif" font-size="11">${text(0, left, label)}${text(left, right, message)}</g></svg>`
  );
}
