/**
 * Reads a regular expression in JavaScript's notation into a small program for safe-pattern.ts. Atoms (a character, an escape, a class) keep their
 * native meaning, because a native expression judges them, one character at a time.
 */

/** A pattern that cannot be used; the message says why, for the person who wrote it. */
export class PatternError extends Error {
  override readonly name = 'PatternError';
}

export type Edge = 'start' | 'end' | 'line-start' | 'line-end' | 'word' | 'not-word';

export type Instruction =
  | { op: 'atom'; atom: Atom }
  | { op: 'split'; targets: number[] }
  | { op: 'jump'; target: number }
  | { op: 'edge'; edge: Edge }
  | { op: 'save'; slot: 0 | 1 }
  | { op: 'match' };

/** Whether one character (a code point) fits. */
export interface Atom {
  fits(codePoint: number): boolean;
}

const maxPattern = 1000;
const maxInstructions = 2000;
const maxDepth = 50;

type Fragment = (program: Instruction[]) => void;

interface Reader {
  source: string;
  at: number;
  flags: string;
  multiline: boolean;
  depth: number;
  /** Whether the first group's bounds are wanted. */
  saves: boolean;
}

/**
 * Compiles the pattern. `(?i)`, `(?m)`, `(?s)` may stand at its beginning. With `saves`, the program marks where its first group begins and
 * ends. Throws PatternError.
 */
export function parsePattern(pattern: string, saves = false): Instruction[] {
  if (pattern.length > maxPattern) throw new PatternError(`the expression is longer than ${maxPattern} characters`);
  const lead = /^\(\?([ims]+)\)/.exec(pattern);
  const given = lead?.[1] ?? '';
  const reader: Reader = {
    source: pattern,
    at: lead?.[0].length ?? 0,
    flags: `u${given.includes('i') ? 'i' : ''}${given.includes('s') ? 's' : ''}`,
    multiline: given.includes('m'),
    depth: 0,
    saves,
  };
  const whole = readAlternatives(reader);
  if (reader.at < pattern.length) throw new PatternError('a ) has no (');
  const program: Instruction[] = [];
  whole(program);
  emit(program, { op: 'match' });
  return program;
}

function emit(program: Instruction[], instruction: Instruction): number {
  if (program.length >= maxInstructions)
    throw new PatternError('the expression is too large once its repetitions are written out');
  return program.push(instruction) - 1;
}

const peek = (reader: Reader): string => reader.source.charAt(reader.at);

function eat(reader: Reader, text: string): boolean {
  if (!reader.source.startsWith(text, reader.at)) return false;
  reader.at += text.length;
  return true;
}

function readAlternatives(reader: Reader): Fragment {
  const branches = [readSequence(reader)];
  while (eat(reader, '|')) branches.push(readSequence(reader));
  const [only] = branches;
  if (branches.length === 1 && only) return only;
  return (program) => {
    const split: { op: 'split'; targets: number[] } = { op: 'split', targets: [] };
    emit(program, split);
    const exits: { op: 'jump'; target: number }[] = [];
    for (const branch of branches) {
      split.targets.push(program.length);
      branch(program);
      const exit = { op: 'jump' as const, target: -1 };
      exits.push(exit);
      emit(program, exit);
    }
    for (const exit of exits) exit.target = program.length;
  };
}

function readSequence(reader: Reader): Fragment {
  const parts: Fragment[] = [];
  while (reader.at < reader.source.length && peek(reader) !== '|' && peek(reader) !== ')')
    parts.push(readRepeated(reader));
  return (program) => {
    for (const part of parts) part(program);
  };
}

function readRepeated(reader: Reader): Fragment {
  const part = readPart(reader);
  const bounds = readQuantifier(reader);
  if (!bounds) return part.fragment;
  if (!part.repeatable) throw new PatternError('nothing to repeat before a quantifier');
  // Lazy or greedy, the question whether it matches has the same answer; where it matches has not.
  const isLazy = eat(reader, '?');
  if (readQuantifier(reader)) throw new PatternError('two quantifiers follow one another');
  return (program) => {
    for (let i = 0; i < bounds.min; i++) part.fragment(program);
    if (bounds.max === Number.POSITIVE_INFINITY) return emitStar(program, part.fragment, isLazy);
    const splits: { op: 'split'; targets: number[] }[] = [];
    for (let i = bounds.min; i < bounds.max; i++) {
      const split = { op: 'split' as const, targets: [program.length + 1] };
      splits.push(split);
      emit(program, split);
      part.fragment(program);
    }
    for (const split of splits) addExit(split, program.length, isLazy);
  };
}

/** The first target is tried first. */
function addExit(split: { targets: number[] }, exit: number, isLazy: boolean): void {
  if (isLazy) split.targets.unshift(exit);
  else split.targets.push(exit);
}

function emitStar(program: Instruction[], fragment: Fragment, isLazy: boolean): void {
  const split: { op: 'split'; targets: number[] } = { op: 'split', targets: [program.length + 1] };
  const at = emit(program, split);
  fragment(program);
  emit(program, { op: 'jump', target: at });
  addExit(split, program.length, isLazy);
}

function readQuantifier(reader: Reader): { min: number; max: number } | undefined {
  if (eat(reader, '*')) return { min: 0, max: Number.POSITIVE_INFINITY };
  if (eat(reader, '+')) return { min: 1, max: Number.POSITIVE_INFINITY };
  if (eat(reader, '?')) return { min: 0, max: 1 };
  const braces = /^\{(\d+)(,(\d*))?\}/.exec(reader.source.slice(reader.at));
  if (!braces) return undefined;
  reader.at += braces[0].length;
  const min = Number(braces[1]);
  const max = braces[2] === undefined ? min : braces[3] === '' ? Number.POSITIVE_INFINITY : Number(braces[3]);
  if (max < min) throw new PatternError('a repetition has its bounds the wrong way round');
  return { min, max };
}

interface Part {
  fragment: Fragment;
  repeatable: boolean;
}

const edge = (kind: Edge): Part => ({
  fragment: (program) => void emit(program, { op: 'edge', edge: kind }),
  repeatable: false,
});

function readPart(reader: Reader): Part {
  if (eat(reader, '(')) return readGroup(reader);
  if (eat(reader, '^')) return edge(reader.multiline ? 'line-start' : 'start');
  if (eat(reader, '$')) return edge(reader.multiline ? 'line-end' : 'end');
  if (eat(reader, '\\b')) return edge('word');
  if (eat(reader, '\\B')) return edge('not-word');
  if (/[*+?]/.test(peek(reader))) throw new PatternError('nothing to repeat before a quantifier');
  const atom = makeAtom(readAtomSource(reader), reader.flags);
  return { fragment: (program) => void emit(program, { op: 'atom', atom }), repeatable: true };
}

function readGroup(reader: Reader): Part {
  if (/^\?(?:[=!]|<[=!])/.test(reader.source.slice(reader.at, reader.at + 3))) {
    throw new PatternError('looking ahead or behind is not supported, because its running time has no bound');
  }
  const open = /^\?(?::|<[A-Za-z_]\w*>)/.exec(reader.source.slice(reader.at));
  const isSaved = reader.saves && open?.[0] !== '?:';
  if (isSaved) reader.saves = false;
  if (open) reader.at += open[0].length;
  else if (peek(reader) === '?') throw new PatternError('a group that begins with (? is not understood');
  if (++reader.depth > maxDepth) throw new PatternError('groups are nested too deeply');
  const fragment = readAlternatives(reader);
  reader.depth--;
  if (!eat(reader, ')')) throw new PatternError('a ( has no )');
  if (!isSaved) return { fragment, repeatable: true };
  const saved: Fragment = (program) => {
    emit(program, { op: 'save', slot: 0 });
    fragment(program);
    emit(program, { op: 'save', slot: 1 });
  };
  return { fragment: saved, repeatable: true };
}

/** One atom in the notation of the native `u` mode. */
function readAtomSource(reader: Reader): string {
  const char = String.fromCodePoint(reader.source.codePointAt(reader.at) ?? 0);
  reader.at += char.length;
  if (char === '\\') return readEscape(reader);
  if (char === '[') return readClass(reader);
  // Outside of the u mode a brace or bracket that closes nothing stands for itself; people write JSON that way.
  return /[{}\]/]/.test(char) ? `\\${char}` : char;
}

function readEscape(reader: Reader): string {
  const rest = reader.source.slice(reader.at);
  if (rest === '') throw new PatternError('the expression ends in a \\');
  if (/^(?:[1-9]|k<)/.test(rest)) {
    throw new PatternError('references to groups are not supported, because their running time has no bound');
  }
  const long = /^(?:u\{[0-9a-fA-F]+\}|u[0-9a-fA-F]{4}|x[0-9a-fA-F]{2}|[pP]\{[^}]*\}|c[A-Za-z])/.exec(rest)?.[0];
  const escape = long ?? String.fromCodePoint(rest.codePointAt(0) ?? 0);
  reader.at += escape.length;
  // An escaped sign that means nothing special is the sign itself.
  return /^[^A-Za-z0-9_^$\\.*+?()[\]{}|/]$/u.test(escape) ? escape : `\\${escape}`;
}

function readClass(reader: Reader): string {
  let inside = eat(reader, '^') ? '[^' : '[';
  while (peek(reader) !== ']') {
    if (reader.at >= reader.source.length) throw new PatternError('a [ has no ]');
    if (eat(reader, '\\')) {
      const escape =
        reader.at < reader.source.length && peek(reader) === '-' ? (reader.at++, '\\-') : readEscape(reader);
      inside += escape;
    } else {
      const char = String.fromCodePoint(reader.source.codePointAt(reader.at) ?? 0);
      reader.at += char.length;
      inside += char;
    }
  }
  reader.at++;
  return `${inside}]`;
}

function makeAtom(source: string, flags: string): Atom {
  let native: RegExp;
  try {
    native = new RegExp(`^${source}$`, flags);
  } catch {
    throw new PatternError(`${source} is not understood`);
  }
  const known = new Int8Array(128);
  const test = (codePoint: number): boolean => native.test(String.fromCodePoint(codePoint));
  return {
    fits(codePoint) {
      if (codePoint > 127) return test(codePoint);
      if (known[codePoint] === 0) known[codePoint] = test(codePoint) ? 1 : -1;
      return known[codePoint] === 1;
    },
  };
}
