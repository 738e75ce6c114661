import { formatPath, type Located, type Problem } from './located.ts';

/** One mistake in hugops.yaml, in the terms of whoever wrote it. */
export interface ConfigError {
  readonly file: string;
  /** From 1. */
  readonly line: number;
  /** From 1, in characters. */
  readonly column: number;
  /** `services.checkout.checks.home.interval`; empty when it is about the file as a whole. */
  readonly path: string;
  readonly message: string;
  readonly expected: string;
  /** The line as written, with everything that may be a secret blotted out. */
  readonly source: string;
}

const maxSourceLength = 400;
const secretLike =
  /((?:password|passwd|secret|token|key|authorization|credential)[\w-]*["']?\s*:\s*)(["']?)(?!["']?\$\{)([^\s,}\]"'][^,}\]"']*)/gi;

/** Gives problems their lines, in the order of the file, each once. `secrets` are blotted out of the quoted lines. */
export function toConfigErrors(
  file: string,
  text: string,
  problems: readonly Problem[],
  secrets: Iterable<Located> = [],
): ConfigError[] {
  const blotted = blot(text, secrets);
  const starts = lineStarts(text);
  const seen = new Set<string>();
  const errors: ConfigError[] = [];
  for (const { offset, path, message, expected } of problems.toSorted((a, b) => a.offset - b.offset)) {
    // What else is wrong with one value shows once the first thing is mended.
    const key = `${offset} ${formatPath(path)}`;
    if (seen.has(key)) continue;
    seen.add(key);
    const at = Math.max(0, Math.min(offset, text.length));
    const line = lineOf(starts, at);
    const start = starts[line - 1] ?? 0;
    errors.push({
      file,
      line,
      column: columnOf(text, start, at),
      path: formatPath(path),
      message,
      expected,
      source: sourceLine(blotted, start, starts[line] ?? blotted.length),
    });
  }
  return errors;
}

function lineStarts(text: string): number[] {
  const starts = [0];
  for (const { index, 0: end } of text.matchAll(/\r\n|\n|\r/g)) starts.push(index + end.length);
  return starts;
}

/** The number, from 1, of the line that holds the offset. */
function lineOf(starts: readonly number[], offset: number): number {
  let low = 0;
  let high = starts.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((starts[middle] ?? Infinity) <= offset) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** In characters, unless the line is one that nobody reads anyway: then in UTF-16 units, which need no counting. */
const columnOf = (text: string, start: number, at: number): number =>
  (at - start > 5_000 ? at - start : Array.from(text.slice(start, at)).length) + 1;

/** The same text, as long as before, with the secrets covered. References name secrets and may stand. */
function blot(text: string, secrets: Iterable<Located>): string {
  const parts: string[] = [];
  let done = 0;
  for (const { from, to, written } of [...secrets].toSorted((a, b) => a.from - b.from)) {
    if (written !== undefined || from < done) continue;
    parts.push(text.slice(done, from), text.slice(from, to).replaceAll(/[^\s"']/g, '•'));
    done = to;
  }
  return parts.join('') + text.slice(done);
}

/** Covers the user and password of an address, letter by letter, so that the caret still points at its place. */
const withoutUserinfo = (line: string): string =>
  line.replaceAll(
    /(:\/\/)([^\s/@]+)@/g,
    (_, slashes: string, userinfo: string) => `${slashes}${'•'.repeat(userinfo.length)}@`,
  );

function sourceLine(text: string, start: number, end: number): string {
  const line = text.slice(start, Math.min(end, start + maxSourceLength)).replace(/[\r\n]+$/, '');
  // Where the file could not be read as a whole, fields are known by their names only.
  const covered = line.replaceAll(
    secretLike,
    (_, name: string, quote: string, value: string) => name + quote + '•'.repeat(value.length),
  );
  // Escape sequences and changes of direction would make a terminal show something else than the file.
  return withoutUserinfo(covered).replaceAll(/[^\P{Cc}\t]|[\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069]/gu, '\ufffd');
}

/**
 * Errors as a compiler prints them, each with its line and a caret:
 *
 *     hugops.yaml:12:19  services.checkout.checks.home.interval  expected a duration of at least 1s, found "fast"
 *        12 |         interval: fast
 *           |                   ^
 */
export function formatConfigErrors(errors: readonly ConfigError[], word = ''): string {
  return errors.map((error) => formatOne(error, word)).join('\n');
}

function formatOne({ file, line, column, path, message, source }: ConfigError, word: string): string {
  const head = [`${file}:${line}:${column}`, path, `${word}${message}`].filter((part) => part !== '').join('  ');
  const letters = Array.from(source.replaceAll('\t', ' '));
  if (letters.length === 0) return `${head}\n`;
  // A long line is shown around the caret only.
  const from = column > 80 ? column - 40 : 1;
  const cut = letters.slice(from - 1, from + 99).join('');
  const number = String(line).padStart(5);
  const caret = column <= letters.length + 1 ? `\n${' '.repeat(5)} | ${' '.repeat(column - from)}^` : '';
  return `${head}\n${number} | ${cut}${caret}\n`;
}
