import { type FeedRefusal, maxFeedBytes, refuse } from './format.ts';
import { readEntities } from '../../platform/plain-text.ts';
import { decodeText } from './read-json.ts';

export interface XmlElement {
  /** In lower case, with its prefix as written: `a10:updated`. */
  name: string;
  attributes: Map<string, string>;
  children: XmlElement[];
  /** Its own text, entities read; that of its children is theirs. */
  text: string;
}

const maxDepth = 64;
const maxElements = 50_000;
const maxAttributes = 32;
const spaces = /^[ \t\r\n]+/;
const nameStart = /^[A-Za-z_][\w:.-]{0,100}/;

class XmlTrouble extends Error {
  readonly refusal: FeedRefusal;
  constructor(refusal: FeedRefusal) {
    super(refusal.detail);
    this.refusal = refusal;
  }
}

const broken = (detail: string): XmlTrouble => new XmlTrouble(refuse('broken', detail));

/**
 * Reads the XML that feeds are made of, in one pass and within bounds. Declarations of entities are refused, whatever they declare: no feed needs them,
 * and they are how a few bytes become gigabytes. The rest of a document type is skipped; namespaces are not resolved.
 */
export function readXml(bytes: Uint8Array): { ok: true; root: XmlElement } | FeedRefusal {
  if (bytes.length > maxFeedBytes) return refuse('refused', 'it is larger than 5 MB');
  const text = decodeText(bytes)
    .replace(/^\uFEFF/, '')
    .trim();
  if (!/^<[?!A-Za-z_]/.test(text)) return refuse('not-a-feed', 'it is not XML');
  if (/^<!doctype\s+html|^<html/i.test(text)) return refuse('not-a-feed', 'it is a web page');
  try {
    return { ok: true, root: new XmlReader(text).document() };
  } catch (error) {
    if (error instanceof XmlTrouble) return error.refusal;
    throw error;
  }
}

class XmlReader {
  readonly #text: string;
  #at = 0;
  #elements = 0;

  constructor(text: string) {
    this.#text = text;
  }

  document(): XmlElement {
    const root: XmlElement = { name: '', attributes: new Map(), children: [], text: '' };
    const open: XmlElement[] = [root];
    while (this.#at < this.#text.length) {
      const top = open.at(-1) ?? root;
      const mark = this.#text.indexOf('<', this.#at);
      const end = mark < 0 ? this.#text.length : mark;
      if (end > this.#at) top.text += readEntities(this.#text.slice(this.#at, end));
      this.#at = end;
      if (mark >= 0) this.#markup(open, top);
    }
    if (open.length !== 1) throw broken('its XML ends in the middle');
    const [only] = root.children;
    if (only === undefined || root.children.length > 1) throw broken('its XML has not exactly one root');
    return only;
  }

  #markup(open: XmlElement[], top: XmlElement): void {
    if (this.#skips('<!--', '-->') || this.#skips('<?', '?>')) return;
    if (this.#text.startsWith('<![CDATA[', this.#at)) {
      const end = this.#find(']]>');
      top.text += this.#text.slice(this.#at + 9, end);
      this.#at = end + 3;
    } else if (this.#text.startsWith('<!', this.#at)) {
      const end = this.#find('>');
      if (this.#text.slice(this.#at, end).includes('[')) {
        throw new XmlTrouble(refuse('refused', 'it declares entities of its own'));
      }
      this.#at = end + 1;
    } else if (this.#text.startsWith('</', this.#at)) {
      const end = this.#find('>');
      const name = this.#text
        .slice(this.#at + 2, end)
        .trim()
        .toLowerCase();
      if (open.length < 2 || top.name !== name) throw broken('its XML is not well-formed');
      open.pop();
      this.#at = end + 1;
    } else this.#start(open, top);
  }

  #start(open: XmlElement[], top: XmlElement): void {
    this.#at++;
    const name = this.#name();
    if (++this.#elements > maxElements) throw new XmlTrouble(refuse('refused', 'it has too many elements'));
    const element: XmlElement = { name: name.toLowerCase(), attributes: new Map(), children: [], text: '' };
    top.children.push(element);
    for (;;) {
      this.#skipSpaces();
      if (this.#text.startsWith('/>', this.#at)) {
        this.#at += 2;
        return;
      }
      if (this.#text[this.#at] === '>') {
        this.#at++;
        open.push(element);
        if (open.length > maxDepth) throw new XmlTrouble(refuse('refused', 'it is nested too deep'));
        return;
      }
      this.#attribute(element);
    }
  }

  #attribute(element: XmlElement): void {
    const name = this.#name();
    this.#skipSpaces();
    if (this.#text[this.#at] !== '=') throw broken('its XML is not well-formed');
    this.#at++;
    this.#skipSpaces();
    const quote = this.#text[this.#at];
    if (quote !== '"' && quote !== "'") throw broken('its XML is not well-formed');
    this.#at++;
    const end = this.#find(quote);
    if (element.attributes.size < maxAttributes) {
      element.attributes.set(name.toLowerCase(), readEntities(this.#text.slice(this.#at, end)));
    }
    this.#at = end + 1;
  }

  #name(): string {
    const name = nameStart.exec(this.#text.slice(this.#at, this.#at + 102))?.[0];
    if (name === undefined) throw broken('its XML is not well-formed');
    this.#at += name.length;
    return name;
  }

  #skipSpaces(): void {
    for (;;) {
      const skipped = spaces.exec(this.#text.slice(this.#at, this.#at + 64))?.[0].length ?? 0;
      this.#at += skipped;
      if (skipped < 64) return;
    }
  }

  #skips(from: string, to: string): boolean {
    if (!this.#text.startsWith(from, this.#at)) return false;
    this.#at = this.#find(to) + to.length;
    return true;
  }

  #find(mark: string): number {
    const end = this.#text.indexOf(mark, this.#at);
    if (end < 0) throw broken('its XML ends in the middle');
    return end;
  }
}

export const childrenOf = (element: XmlElement, name: string): XmlElement[] =>
  element.children.filter((child) => child.name === name);

/** The text of the first child of that name; null when there is none or it is empty. */
export function textOf(element: XmlElement, name: string): string | null {
  const text = element.children.find((child) => child.name === name)?.text.trim() ?? '';
  return text === '' ? null : text;
}
