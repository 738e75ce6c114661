/** A value of the file with the place it was written at: the tree that turns a path into a line. Offsets count UTF-16 units. */
export interface Located {
  /** Plain JSON; references are resolved in it. */
  value: unknown;
  readonly from: number;
  readonly to: number;
  /** Where its key stands, in a mapping. */
  keyFrom?: number;
  readonly children: Map<string | number, Located>;
  /** The text as written when it held a reference; the value itself must then never be shown. */
  readonly written?: string;
}

export type Path = readonly (string | number)[];

/** What is wrong, and where: before lines and columns are counted. */
export interface Problem {
  readonly offset: number;
  readonly path: Path;
  readonly message: string;
  readonly expected: string;
}

/** The place of `path`, or of the nearest thing around it that exists. */
export function locate(root: Located, path: Path): { node: Located; isExact: boolean } {
  let node = root;
  for (const key of path) {
    const child = node.children.get(key);
    if (child === undefined) return { node, isExact: false };
    node = child;
  }
  return { node, isExact: true };
}

/** Where an error about `path` points: at the value, or at the key of what it is missing from. */
export function offsetOf(root: Located, path: Path): number {
  const { node, isExact } = locate(root, path);
  return isExact && node.value !== null ? node.from : (node.keyFrom ?? node.from);
}

/** Where the key stands under which `path` is found. */
export function keyOffsetOf(root: Located, path: Path): number {
  const { node } = locate(root, path);
  return node.keyFrom ?? node.from;
}

/** `services.checkout.checks.home.interval`, `schedules.primary.layers[0].people[1]`. */
export function formatPath(path: Path): string {
  let text = '';
  for (const key of path) {
    if (typeof key === 'number') text += `[${key}]`;
    else text += `${text === '' ? '' : '.'}${/^[\w-]{1,64}$/.test(key) ? key : JSON.stringify(key.slice(0, 64))}`;
  }
  return text;
}

/** How an error names a value that it found. Long texts are cut. */
export function nameValue(value: unknown): string {
  if (value === undefined || value === null) return 'nothing';
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : 'a list';
  if (typeof value === 'object') return 'a mapping';
  if (typeof value === 'number') return `the number ${value}`;
  if (typeof value === 'string') {
    const text = withoutPasswords(value);
    return JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}…` : text);
  }
  return typeof value === 'boolean' || typeof value === 'bigint' ? String(value) : 'something else';
}

/** The text without what stands before the @ of an address such as https://user:password@example.com. */
function withoutPasswords(text: string): string {
  return text.replaceAll(/(:\/\/)[^\s/@]+@/g, '$1…@');
}
