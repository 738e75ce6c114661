import { type Before, holds, kindOf } from './safe-pattern.ts';
import { type Instruction, parsePattern, PatternError } from './safe-pattern-parse.ts';

// About 50 ms on a 2 GHz core. An ordinary expression needs three to five units a character.
const maxWork = 2_000_000;

interface Thread {
  at: number;
  /** Where the match began, and where the first group begins and ends. */
  from: number;
  open: number;
  close: number;
}

/**
 * Compiles a pattern into a search that gives what its first group matched, or all of the match where it has none: the leftmost match, by the same
 * order of preference as JavaScript's. Threads run side by side (Pike 1987), so its time is bounded as in compilePattern. Throws PatternError.
 */
export function compileFinder(pattern: string): (text: string) => string | undefined {
  const program = parsePattern(pattern, true);
  const hasGroup = program.some((instruction) => instruction.op === 'save');
  return (text) => {
    const found = search(program, text);
    if (!found) return undefined;
    if (!hasGroup) return text.slice(found.from, found.end);
    return found.open < 0 || found.close < 0 ? undefined : text.slice(found.open, found.close);
  };
}

function search(program: readonly Instruction[], text: string): (Thread & { end: number }) | undefined {
  const work = { left: maxWork };
  let threads: Thread[] = [];
  let found: (Thread & { end: number }) | undefined;
  let before: Before = 'start';
  for (let i = 0; i <= text.length;) {
    const code = text.codePointAt(i);
    const next = i + (code === undefined || code <= 0xffff ? 1 : 2);
    // A later beginning is what is preferred least, and of no interest once something is found.
    const seeds = found ? threads : [...threads, { at: 0, from: i, open: -1, close: -1 }];
    const ready = follow(program, seeds, { index: i, before, code }, work);
    threads = [];
    for (const thread of ready) {
      const instruction = program[thread.at];
      if (instruction?.op === 'match') {
        found = { ...thread, end: i };
        break;
      }
      if (instruction?.op === 'atom' && code !== undefined && instruction.atom.fits(code)) {
        threads.push({ ...thread, at: thread.at + 1 });
      }
    }
    if (found && threads.length === 0) return found;
    if (code !== undefined) before = kindOf(code);
    i = next;
  }
  return found;
}

/** Every thread moved on to its next character or match, in order of preference; of two at one place the first stays. */
function follow(
  program: readonly Instruction[],
  seeds: readonly Thread[],
  here: { index: number; before: Before; code: number | undefined },
  work: { left: number },
): Thread[] {
  const ready: Thread[] = [];
  const seen = new Set<number>();
  const stack = [...seeds].reverse();
  for (let thread = stack.pop(); thread; thread = stack.pop()) {
    if (seen.has(thread.at)) continue;
    seen.add(thread.at);
    if (--work.left < 0) throw new PatternError('the expression is too costly for this text');
    const instruction = program[thread.at];
    const next = thread.at + 1;
    if (instruction === undefined) continue;
    if (instruction.op === 'atom' || instruction.op === 'match') ready.push(thread);
    else if (instruction.op === 'jump') stack.push({ ...thread, at: instruction.target });
    else if (instruction.op === 'split') {
      for (const target of instruction.targets.toReversed()) stack.push({ ...thread, at: target });
    } else if (instruction.op === 'save') {
      stack.push({ ...thread, at: next, [instruction.slot === 0 ? 'open' : 'close']: here.index });
    } else if (holds(instruction.edge, here.before, here.code)) stack.push({ ...thread, at: next });
  }
  return ready;
}
