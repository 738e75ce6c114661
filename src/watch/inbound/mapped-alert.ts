import type { Severity } from '../../domain/words.ts';
import { compileJsonPath } from '../checks/json-path.ts';
import { cleanText, webAddress } from './clean-evidence.ts';
import { firstLine } from './prometheus-alert.ts';
import { severityOfWord } from './severity-words.ts';
import type { Mapping } from './source-config.ts';

/** What a mapping found in one alert; undefined where it has no path. */
export interface MappedAlert {
  key?: string | undefined;
  status?: 'firing' | 'ok' | undefined;
  severity?: Severity | undefined;
  summary?: string | undefined;
  link?: string | undefined;
}

type FieldIssue = { path: string; message: string };

const maxKey = 255;
export const maxItems = 1_000;

const okWords: ReadonlySet<string> = new Set(
  (
    'ok okay resolved closed close up recovered recovery normal clear cleared healthy green inactive success succeeded ' +
    'passing passed fixed restored completed false 0 off good operational end ended'
  ).split(' '),
);

/** Whether this is how tools say that an alert is over. */
export const isOkWord = (word: string): boolean => okWords.has(word.trim().toLowerCase());

/** The alerts of a message: the items of the mapping's list, or the message itself. */
export function itemsOf(body: unknown, mapping: Mapping): unknown[] | FieldIssue {
  if (mapping.items === undefined) return [body];
  const found = compileJsonPath(mapping.items)(body);
  const [only] = found;
  const items = found.length === 1 && Array.isArray(only) ? (only as unknown[]) : found;
  if (found.length === 0) return { path: mapping.items, message: 'the message has no such list' };
  if (items.length > maxItems) return { path: mapping.items, message: `at most ${maxItems} alerts in one message` };
  return items;
}

/** Reads one alert by the mapping's paths. `issues` says what is missing or not understood, by path. */
export function readMapped(item: unknown, mapping: Mapping): { alert: MappedAlert; issues: FieldIssue[] } {
  const issues: FieldIssue[] = [];
  const needed = (path: string | undefined): string | undefined => {
    if (path === undefined) return undefined;
    const text = textAt(item, path);
    if (text === undefined) issues.push({ path, message: 'the message has no text here' });
    return text;
  };
  const key = needed(mapping.key);
  if (key !== undefined && key.length > maxKey) {
    issues.push({ path: mapping.key ?? '$', message: `a key has at most ${maxKey} characters` });
  }
  const word = needed(mapping.status);
  const status = word === undefined ? undefined : statusOf(word, mapping);
  if (word !== undefined && status === undefined) {
    issues.push({ path: mapping.status ?? '$', message: `"${word.slice(0, 50)}" is neither one of firing nor of ok` });
  }
  const optional = (path: string | undefined) => (path === undefined ? undefined : textAt(item, path));
  return {
    alert: {
      key: key === undefined ? undefined : cleanText(key),
      status,
      severity: severityOfWord(optional(mapping.severity)),
      summary: firstLine([optional(mapping.summary)], '') || undefined,
      link: webAddress(optional(mapping.link)),
    },
    issues,
  };
}

/** An unknown word is trouble rather than silence, unless the mapping says what trouble is called. */
function statusOf(word: string, { ok, firing }: Mapping): 'firing' | 'ok' | undefined {
  const same = (one: string): boolean => one.toLowerCase() === word.trim().toLowerCase();
  if (ok === undefined ? isOkWord(word) && firing?.some(same) !== true : ok.some(same)) return 'ok';
  return firing === undefined || firing.some(same) ? 'firing' : undefined;
}

/** The first text, number or truth value that the path finds. */
export function textAt(value: unknown, path: string): string | undefined {
  for (const found of compileJsonPath(path)(value)) {
    if (typeof found === 'string' && found.trim() !== '') return found;
    if (typeof found === 'number' || typeof found === 'boolean') return String(found);
  }
  return undefined;
}
