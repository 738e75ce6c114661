import {
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  type Node,
  type Pair,
  parseDocument,
  type YAMLMap,
  type YAMLSeq,
} from 'yaml';
import type { Located, Path, Problem } from './located.ts';
import type { Resolution } from './resolve-references.ts';

/** Resolves the references in a text that stands at `path`. */
export type Resolve = (written: string, path: Path) => Resolution;

const maxDepth = 40;
// 1 MiB of YAML holds fewer; only aliases of aliases make more.
const maxNodes = 300_000;
const maxAliases = 1_000;

export interface ParsedYaml {
  /** Undefined when the file cannot be read as a mapping at all. */
  readonly root: Located | undefined;
  readonly problems: Problem[];
}

/** Reads YAML 1.2 into values that know where they were written. Never throws; every fault found is in `problems`. */
export function parseYaml(text: string, resolve: Resolve): ParsedYaml {
  let doc: Document.Parsed;
  try {
    // uniqueKeys compares every key with every other, which takes minutes for a large mapping: the walk below has its own check.
    doc = parseDocument(text, {
      version: '1.2',
      schema: 'core',
      uniqueKeys: false,
      prettyErrors: false,
      logLevel: 'error',
      keepSourceTokens: false,
    });
  } catch {
    // The parser recurses: thousands of brackets within brackets end its stack.
    return { root: undefined, problems: [problemAt(0, [], `nesting of at most ${maxDepth} levels`, 'far more')] };
  }
  // Also what only warns, such as an unknown tag, is a mistake here.
  const faults = [...doc.errors, ...doc.warnings];
  // After a mistake the parser finds every further token unexpected: only the first says something.
  const telling = faults.filter(({ code }, index) => index === 0 || code !== 'UNEXPECTED_TOKEN');
  const problems = telling.map(({ pos, message }) => ({
    offset: pos[0],
    path: [],
    message: plainSyntaxMessage(message),
    expected: 'valid YAML 1.2',
  }));
  if (doc.contents === null) return { root: undefined, problems };
  const walk = new Walk(resolve, problems);
  const root = walk.visit(doc.contents, [], undefined);
  return { root, problems };
}

/** The parser's own words, on one line, without the text it quotes: that may be a secret. */
function plainSyntaxMessage(message: string): string {
  const line = (message.split('\n', 1)[0] ?? '').replace(/(?: in YAML stream)?: ".*$/, '');
  return `not valid YAML: ${line.charAt(0).toLowerCase()}${line.slice(1, 300)}`;
}

const problemAt = (offset: number, path: Path, expected: string, found: string): Problem => ({
  offset,
  path,
  message: `expected ${expected}, found ${found}`,
  expected,
});

class Walk {
  readonly #resolve: Resolve;
  readonly #problems: Problem[];
  readonly #anchors = new Map<string, Node>();
  /** Nodes around the one being visited: an alias to one of them would have no end. */
  readonly #open = new Set<Node>();
  #nodes = 0;
  #aliases = 0;

  constructor(resolve: Resolve, problems: Problem[]) {
    this.#resolve = resolve;
    this.#problems = problems;
  }

  visit(node: Node | null | undefined, path: Path, keyFrom: number | undefined): Located | undefined {
    const key = keyFrom === undefined ? {} : { keyFrom };
    const from = node?.range?.[0] ?? keyFrom ?? 0;
    const to = node?.range?.[1] ?? from;
    if (++this.#nodes > maxNodes) return this.#refuse(from, path, `at most ${maxNodes} values`, 'more', maxNodes + 1);
    if (path.length > maxDepth)
      return this.#refuse(from, path.slice(0, 3), `nesting of at most ${maxDepth} levels`, 'more');
    if (node === null || node === undefined) return { value: null, from, to, ...key, children: new Map() };
    if (isAlias(node)) {
      const target = this.#aliased(node.source, from, path);
      return target && this.visit(target, path, keyFrom);
    }
    if ('anchor' in node && node.anchor) this.#anchors.set(node.anchor, node);
    if (isScalar(node)) return { ...this.#scalar(node.value, from, path), from, to, ...key, children: new Map() };
    this.#open.add(node);
    const collection = isMap(node) ? this.#map(node, path) : isSeq(node) ? this.#list(node, path) : undefined;
    this.#open.delete(node);
    return collection && { ...collection, from, to, ...key };
  }

  #scalar(value: unknown, from: number, path: Path): Pick<Located, 'value' | 'written'> {
    if (typeof value !== 'string') return { value };
    const answer = this.#resolve(value, path);
    if (!answer.ok) {
      this.#refuse(from, path, answer.expected, answer.found);
      // Undefined stays silent in later checks of the same value, which would only repeat that it is not there.
      return { value: unresolved, written: value };
    }
    return answer.isSecret ? { value: answer.text, written: value } : { value: answer.text };
  }

  #map(node: YAMLMap, path: Path): Pick<Located, 'value' | 'children'> {
    const value: Record<string, unknown> = {};
    const children = new Map<string | number, Located>();
    for (const pair of node.items) {
      const key = this.#key(pair, path);
      if (key === undefined) continue;
      const before = children.get(key.name);
      if (before !== undefined) {
        this.#problems.push({
          offset: key.from,
          path: [...path, key.name],
          message: `expected each key once, found ${JSON.stringify(key.name.slice(0, 60))} again`,
          expected: 'each key once',
        });
        continue;
      }
      const child = this.visit(pair.value as Node | null, [...path, key.name], key.from);
      if (child === undefined) continue;
      children.set(key.name, child);
      value[key.name] = child.value;
    }
    return { value, children };
  }

  #key(pair: Pair, path: Path): { name: string; from: number } | undefined {
    const written = pair.key as Node | null;
    const from = written?.range?.[0] ?? 0;
    const node = isAlias(written) ? this.#aliased(written.source, from, path) : written;
    if (!isScalar(node) || node.value === null) {
      this.#refuse(from, path, 'a name as the key', isScalar(node) || !node ? 'nothing' : 'a collection');
      return undefined;
    }
    if (node.anchor) this.#anchors.set(node.anchor, node);
    const name = typeof node.value === 'string' ? node.value : (node.source ?? JSON.stringify(node.value));
    // The one name that JavaScript objects and the schema's records treat unlike any other.
    if (name === '__proto__') return this.#refuse(from, path, 'another name', '"__proto__"');
    return { name, from };
  }

  #list(node: YAMLSeq, path: Path): Pick<Located, 'value' | 'children'> {
    const value: unknown[] = [];
    const children = new Map<string | number, Located>();
    for (const item of node.items) {
      const child = this.visit(item as Node | null, [...path, value.length], undefined);
      if (child === undefined) continue;
      children.set(value.length, child);
      value.push(child.value);
    }
    return { value, children };
  }

  #aliased(name: string, from: number, path: Path): Node | undefined {
    if (++this.#aliases > maxAliases) {
      return this.#refuse(from, path, `at most ${maxAliases} aliases`, 'more', maxAliases + 1, this.#aliases);
    }
    const target = this.#anchors.get(name);
    if (target === undefined) return this.#refuse(from, path, `an anchor &${name} further up`, 'none');
    if (this.#open.has(target))
      return this.#refuse(from, path, 'an alias that ends', `*${name} within its own &${name}`);
    return target;
  }

  /** `only` and `count` keep a limit that is passed a million times from being told a million times. */
  #refuse(offset: number, path: Path, expected: string, found: string, only?: number, count = this.#nodes): undefined {
    if (only === undefined || count === only) this.#problems.push(problemAt(offset, path, expected, found));
    return undefined;
  }
}

/** Stands in a value where a reference could not be resolved and has been reported. */
export const unresolved = Symbol('unresolved');
