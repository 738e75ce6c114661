import { html, raw } from 'hono/html';

export { html, raw };

/** A piece of HTML in which every value has been escaped unless it was markup already. */
export type Markup = ReturnType<typeof html>;

/** The text of a piece of markup. Renderers are synchronous: a promise inside a template is a mistake and throws. */
export function toText(markup: Markup): string {
  if (markup instanceof Promise) throw new Error('a template holds a promise; read everything before rendering');
  return markup.toString();
}
