// The permitted data, as samples with a stance: GoEmotions (Google, CC BY 4.0) and iSarcasmEval (MIT), read where they lie.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Stance } from '../src/detect/stance.ts';

export const postsFolder = (): string =>
  join(process.env['HUGOPS_SHARED_DATA'] ?? join(import.meta.dirname, '../../shared/data'), 'posts');

export const hasPosts = (): boolean => existsSync(join(postsFolder(), 'goemotions/train.tsv'));

export interface Labelled {
  readonly text: string;
  readonly stance: Stance;
  /** Labels of more than one stance, or none that says which. Left out of training, kept in every test. */
  readonly isMixed: boolean;
}

const stanceOfEmotion: Readonly<Record<string, Stance>> = {
  gratitude: 'thanks',
  annoyance: 'problem',
  anger: 'problem',
  disappointment: 'problem',
  amusement: 'joke',
};
/** Where several apply, the first decides. */
const order: readonly Stance[] = ['thanks', 'problem', 'joke', 'other'];

export function readGoEmotions(part: 'train' | 'dev' | 'test'): Labelled[] {
  const folder = join(postsFolder(), 'goemotions');
  const names = readFileSync(join(folder, 'labels.txt'), 'utf8').trim().split('\n');
  const lines = readFileSync(join(folder, `${part}.tsv`), 'utf8')
    .trim()
    .split('\n');
  return lines.map((line) => {
    const [text = '', ids = ''] = line.split('\t');
    const found = new Set(ids.split(',').map((id) => stanceOfEmotion[names[Number(id)] ?? ''] ?? 'other'));
    const stance = order.find((candidate) => found.has(candidate)) ?? 'other';
    // Admiration beside gratitude is no conflict; annoyance beside it is.
    const isMixed = [...found].filter((other) => other !== 'other').length > 1;
    return { text, stance, isMixed };
  });
}

/** Rows of a CSV file with quotes and line breaks in them (RFC 4180). */
function readCsv(text: string): string[][] {
  const rows: string[][] = [];
  let row: string[] = [];
  let cell = '';
  let isQuoted = false;
  for (let i = 0; i < text.length; i++) {
    const character = text.charAt(i);
    if (isQuoted) {
      if (character !== '"') cell += character;
      else if (text.charAt(i + 1) === '"') cell += text.charAt(i++);
      else isQuoted = false;
    } else if (character === '"') isQuoted = true;
    else if (character === ',' || character === '\n') {
      row.push(cell);
      cell = '';
      if (character === '\n') rows.push(row);
      if (character === '\n') row = [];
    } else if (character !== '\r') cell += character;
  }
  if (cell !== '' || row.length > 0) rows.push([...row, cell]);
  return rows;
}

/** Sarcastic by the word of its own author is a joke here, everything else is other: what it thanks or blames is not labelled. */
export function readSarcasm(part: 'train' | 'test'): Labelled[] {
  const file = part === 'train' ? 'train.En.csv' : 'task_A_En_test.csv';
  const [header = [], ...rows] = readCsv(readFileSync(join(postsFolder(), 'isarcasm', file), 'utf8'));
  const textAt = header.indexOf(part === 'train' ? 'tweet' : 'text');
  const labelAt = header.indexOf('sarcastic');
  return rows
    .filter((row) => (row[textAt] ?? '') !== '')
    .map((row) => ({
      text: row[textAt] ?? '',
      stance: row[labelAt] === '1' ? 'joke' : 'other',
      isMixed: false,
    }));
}
