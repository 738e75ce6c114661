/** A path that cannot be used; the message says why, for the person who wrote it. */
export class JsonPathError extends Error {
  override readonly name = 'JsonPathError';
}

type Step = { kind: 'name'; name: string } | { kind: 'index'; index: number } | { kind: 'all' };

const maxSteps = 50;
const maxNodes = 10_000;

/**
 * A JSON path of RFC 9535 without what can grow without bound: `$`, `.name`, `['name']`, `[0]`, `[-1]`, `.*` and `[*]`; no `..`, slices or filters.
 * Returns a function that gives the values found. Throws JsonPathError.
 */
export function compileJsonPath(path: string): (value: unknown) => unknown[] {
  const steps = parse(path);
  return (value) => {
    let nodes: unknown[] = [value];
    for (const step of steps) nodes = nodes.flatMap((node) => take(node, step)).slice(0, maxNodes);
    return nodes;
  };
}

const stepPattern =
  /\.\*|\[\*\]|\.([\p{L}_][\p{L}\p{N}_-]*)|\[(-?\d{1,9})\]|\['((?:[^'\\]|\\.)*)'\]|\["((?:[^"\\]|\\.)*)"\]/uy;

function parse(path: string): Step[] {
  if (!path.startsWith('$')) throw new JsonPathError('a JSON path begins with $, as in $.status');
  const steps: Step[] = [];
  stepPattern.lastIndex = 1;
  while (stepPattern.lastIndex < path.length) {
    const at = stepPattern.lastIndex;
    const found = stepPattern.exec(path);
    if (!found) {
      throw new JsonPathError(
        `"${path.slice(at, at + 20)}" is not understood; write .name, ['name'], [0], [-1] or [*]`,
      );
    }
    if (steps.length >= maxSteps) throw new JsonPathError(`the path has more than ${maxSteps} steps`);
    steps.push(stepOf(found));
  }
  return steps;
}

function stepOf([, name, index, single, double]: RegExpExecArray): Step {
  if (name !== undefined) return { kind: 'name', name };
  if (index !== undefined) return { kind: 'index', index: Number(index) };
  const quoted = single ?? double;
  return quoted === undefined ? { kind: 'all' } : { kind: 'name', name: quoted.replace(/\\(.)/gsu, '$1') };
}

function take(node: unknown, step: Step): unknown[] {
  if (typeof node !== 'object' || node === null) return [];
  if (step.kind === 'all') return Object.values(node);
  if (step.kind === 'index') {
    const at = Array.isArray(node) ? (node as unknown[]).at(step.index) : undefined;
    return at === undefined ? [] : [at];
  }
  return !Array.isArray(node) && Object.hasOwn(node, step.name) ? [(node as Record<string, unknown>)[step.name]] : [];
}
