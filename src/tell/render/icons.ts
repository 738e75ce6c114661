import { html, type Markup, raw } from './markup.ts';

// Drawn on a grid of 24, strokes of 2 in the colour of the text, so that forced colours and print keep them.
const shapes = {
  ok: '<circle cx="12" cy="12" r="9"/><path d="m8 12.4 2.8 2.8L16.2 9.4"/>',
  degraded: '<circle cx="12" cy="12" r="9"/><path d="M7 10.5h3l2.5 4 1.5-2h3"/>',
  partial: '<circle cx="12" cy="12" r="9"/><path d="M12 3a9 9 0 0 1 0 18z" fill="currentColor"/>',
  major: '<path d="M8.3 3h7.4L21 8.3v7.4L15.7 21H8.3L3 15.7V8.3z"/><path d="m9 9 6 6m0-6-6 6"/>',
  maintenance:
    '<path d="M14.5 6.2a4.6 4.6 0 0 1 5.6-1.4l-3 3 1.6 1.6 3-3a4.6 4.6 0 0 1-6.2 5.8L8.6 19a2 2 0 0 1-3-3l6.9-6.7a4.6 4.6 0 0 1 2-3.1z" transform="translate(-1.2 1)"/>',
  unknown: '<circle cx="12" cy="12" r="9" stroke-dasharray="3.2 2.450"/><path d="M9 12h6"/>',
  search: '<circle cx="10.5" cy="10.5" r="6.5"/><path d="m15.5 15.5 5 5"/>',
  found: '<circle cx="12" cy="12" r="8.5"/><circle cx="12" cy="12" r="3" fill="currentColor"/>',
  watching:
    '<path d="M2.5 12S6 5.5 12 5.5 21.5 12 21.5 12 18 18.5 12 18.5 2.5 12 2.5 12z"/><circle cx="12" cy="12" r="2.8"/>',
  bell: '<path d="M6 17V11a6 6 0 0 1 12 0v6l1.5 1.5h-15zM10 21h4"/>',
  people:
    '<circle cx="9" cy="8.5" r="3.5"/><path d="M2.5 20a6.5 6.5 0 0 1 13 0M16 5.3a3.5 3.5 0 0 1 0 6.4M17.5 14.4A6.5 6.5 0 0 1 21.5 20"/>',
  back: '<path d="M19 12H5m6-6-6 6 6 6"/>',
  hug: '<path d="M12 20.3S3.5 15.4 3.5 9.3A4.6 4.6 0 0 1 12 6.9a4.6 4.6 0 0 1 8.5 2.4c0 6.1-8.5 11-8.5 11z"/>',
  coffee:
    '<path d="M4.5 10h12v5a5 5 0 0 1-5 5h-2a5 5 0 0 1-5-5zM16.5 11.5h1.5a2.5 2.5 0 0 1 0 5h-1.8M8 3.5c-1 1.2 1 2 0 3.5M12.5 3.5c-1 1.2 1 2 0 3.5"/>',
  cake: '<path d="M4 20v-5.5A2.5 2.5 0 0 1 6.5 12h11a2.5 2.5 0 0 1 2.5 2.5V20M2.5 20h19M4 15.5c2 2 3.3 2 5.3 0 2 2 3.4 2 5.4 0 2 2 3.3 2 5.3 0M12 12V8M12 5.6c-1.3-1 0-2.6 0-2.6s1.3 1.6 0 2.6z"/>',
  chocolates: '<rect x="3" y="6" width="18" height="13" rx="2"/><path d="M9 6v13M15 6v13M3 12.5h18"/>',
  flowers:
    '<path d="M12 12.5c-3.2 0-4.8-2.6-4.8-8.5 2 .2 3.6 1.2 4.8 3 1.2-1.8 2.8-2.8 4.8-3 0 5.9-1.6 8.5-4.8 8.5zM12 12.5V21M12 19c-3.2.2-5-1.2-5.5-4M12 20c2.7.2 4.5-1 5-3.5"/>',
  star: '<path d="m12 3.2 2.7 5.6 6.1.8-4.5 4.2 1.1 6.1-5.4-3-5.4 3 1.1-6.1L3.2 9.6l6.1-.8z"/>',
} as const;

export type IconName = keyof typeof shapes;

/** A picture beside a word that says the same, therefore hidden from screen readers. It points at the page's own sprite. */
export const icon = (name: IconName, className = ''): Markup =>
  html`<svg
    class="i ${className}"
    width="20"
    height="20"
    fill="none"
    stroke="currentColor"
    stroke-width="2"
    aria-hidden="true"
    focusable="false"
  >
    <use href="#i-${name}" />
  </svg>`;

/** The drawings that a page uses, once, to be put at the start of its body. */
export function sprite(names: Iterable<IconName>): Markup {
  const symbols = [...new Set(names)].map(
    (name) => `<symbol id="i-${name}" viewBox="0 0 24 24">${shapes[name]}</symbol>`,
  );
  return html`<svg class="sprite" aria-hidden="true" width="0" height="0">${raw(symbols.join(''))}</svg>`;
}

/** The icons that a finished body points at. */
export const iconsIn = (body: string): IconName[] =>
  (Object.keys(shapes) as IconName[]).filter((name) => body.includes(`"#i-${name}"`));
