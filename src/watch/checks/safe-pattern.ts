import { type Atom, type Edge, type Instruction, parsePattern, PatternError } from './safe-pattern-parse.ts';

export { PatternError };

/** A regular expression of a user's, which cannot stall the process. */
export interface SafePattern {
  /** Whether it matches anywhere in the text. Throws PatternError when the text would take more than the allowed work. */
  test(text: string): boolean;
}

// About 20 ms on a 2 GHz core. An ordinary expression needs some hundred units for any text, because a set once seen is remembered.
const maxWork = 1_000_000;
// What is remembered between two texts; past it the memory of a hostile expression is given back.
const maxKeptSets = 64;
const maxSets = 2000;

export type Before = 'start' | 'newline' | 'word' | 'other';

/** A set of places in the program where the search may stand, after a character of one kind. Transitions are remembered by character. */
interface Place {
  entries: readonly number[];
  before: Before;
  ascii: (Place | undefined)[];
  others: Map<number, Place>;
}

/**
 * Compiles a pattern into an automaton that follows all alternatives at once: its time is linear in the text, whatever the pattern (Thompson 1968),
 * and counted, so that also a large pattern on a long text ends. Hence no references to groups and no looking ahead or behind. Throws PatternError.
 */
export function compilePattern(pattern: string): SafePattern {
  const program = parsePattern(pattern);
  let places = new Map<string, Place>();
  const found: Place = { entries: [], before: 'other', ascii: [], others: new Map() };

  const placeOf = (entries: readonly number[], before: Before): Place => {
    const key = `${before}${entries.join()}`;
    const known = places.get(key);
    if (known) return known;
    if (places.size >= maxSets) places = new Map();
    const made: Place = { entries, before, ascii: [], others: new Map() };
    places.set(key, made);
    return made;
  };

  return {
    test(text) {
      const work = { left: maxWork };
      let place = placeOf([0], 'start');
      try {
        for (let i = 0; i < text.length; i++) {
          const code = text.codePointAt(i) ?? 0;
          if (code > 0xffff) i++;
          place = (code < 128 ? place.ascii[code] : place.others.get(code)) ?? learn(place, code, work);
          if (place === found) return true;
        }
        return reach(program, place, undefined, work).matched;
      } finally {
        if (places.size > maxKeptSets) places = new Map();
      }
    },
  };

  function learn(place: Place, code: number, work: { left: number }): Place {
    const { atoms, matched } = reach(program, place, code, work);
    const next = matched ? found : placeOf(advance(atoms, code), kindOf(code));
    if (code < 128) place.ascii[code] = next;
    else if (place.others.size < 256) place.others.set(code, next);
    return next;
  }
}

interface Reached {
  atoms: readonly { at: number; atom: Atom }[];
  matched: boolean;
}

/** Follows everything that takes no character from a place, knowing the next one (undefined at the end of the text). */
function reach(
  program: readonly Instruction[],
  place: Place,
  next: number | undefined,
  work: { left: number },
): Reached {
  const seen = new Set<number>();
  const stack = [...place.entries];
  const atoms: { at: number; atom: Atom }[] = [];
  for (let at = stack.pop(); at !== undefined; at = stack.pop()) {
    if (seen.has(at)) continue;
    seen.add(at);
    if (--work.left < 0) throw new PatternError('the expression is too costly for this text');
    const instruction = program[at];
    if (instruction === undefined) continue;
    if (instruction.op === 'match') return { atoms: [], matched: true };
    if (instruction.op === 'atom') atoms.push({ at, atom: instruction.atom });
    else if (instruction.op === 'jump') stack.push(instruction.target);
    else if (instruction.op === 'save') stack.push(at + 1);
    else if (instruction.op === 'split') stack.push(...instruction.targets);
    else if (holds(instruction.edge, place.before, next)) stack.push(at + 1);
  }
  return { atoms, matched: false };
}

/** Where the search stands after the character; a match may begin anywhere, so the beginning is always among it. */
function advance(atoms: Reached['atoms'], code: number): number[] {
  const entries = atoms.flatMap(({ at, atom }) => (atom.fits(code) ? [at + 1] : []));
  return [0, ...entries].sort((a, b) => a - b);
}

const isWord = (code: number): boolean =>
  (code >= 48 && code <= 57) || (code >= 65 && code <= 90) || (code >= 97 && code <= 122) || code === 95;

// Line ends as JavaScript knows them.
const isNewline = (code: number): boolean => code === 10 || code === 13 || code === 0x2028 || code === 0x2029;

export const kindOf = (code: number): Before => (isWord(code) ? 'word' : isNewline(code) ? 'newline' : 'other');

/** Whether an edge stands between what was before and what is next (undefined at the end of the text). */
export function holds(edge: Edge, before: Before, next: number | undefined): boolean {
  if (edge === 'start') return before === 'start';
  if (edge === 'end') return next === undefined;
  if (edge === 'line-start') return before === 'start' || before === 'newline';
  if (edge === 'line-end') return next === undefined || isNewline(next);
  const atWord = (before === 'word') !== (next !== undefined && isWord(next));
  return edge === 'word' ? atWord : !atWord;
}
