import type { z } from 'zod';
import { didYouMean } from '../../domain/closest.ts';
import { keyOffsetOf, type Located, locate, nameValue, offsetOf, type Path, type Problem } from './located.ts';
import { unresolved } from './parse-yaml.ts';
import { knownFields } from './schema-walk.ts';

type Issue = z.core.$ZodIssue;

export interface IssueContext {
  readonly schema: z.core.$ZodType;
  readonly root: Located;
  /** Values that must not be shown. */
  readonly secrets: ReadonlySet<Located>;
  /** Past this many problems in all, nobody reads on. */
  readonly limit: number;
}

/** What the schema found, each with its place and in words: "expected …, found …". */
export function describeIssues(issues: readonly Issue[], context: IssueContext): Problem[] {
  const problems: Problem[] = [];
  for (const issue of issues) {
    if (problems.length >= context.limit) break;
    problems.push(...describeIssue(issue, [], context));
  }
  return problems;
}

function describeIssue(issue: Issue, base: Path, context: IssueContext): Problem[] {
  const { root } = context;
  const path = [...base, ...issue.path.map((key) => (typeof key === 'symbol' ? String(key) : key))];
  const { node, isExact } = locate(root, path);
  // A reference that leads nowhere has been reported as such.
  if (isExact && node.value === unresolved) return [];
  switch (issue.code) {
    case 'unrecognized_keys':
      return issue.keys.slice(0, context.limit).map((key) => unknownField([...path, key], context));
    case 'invalid_key': {
      const expected = expectedIn(issue.issues[0]?.message) ?? 'another name';
      const found = nameValue(path.at(-1));
      return [{ offset: keyOffsetOf(root, path), path, message: `expected ${expected}, found ${found}`, expected }];
    }
    case 'invalid_union':
      return describeUnion(issue, path, context);
    default: {
      const expected = expectedIn(issue.message);
      if (expected === undefined) return [inTheirWords(issue, path, context)];
      const isBare = typeof node.value === 'number' || typeof node.value === 'boolean';
      const hint = isExact && isBare && /\btext$/.test(expected) ? ' (put it in quotes)' : '';
      const message = `${issue.message}, found ${nameFound(path, context)}${hint}`;
      return [{ offset: offsetOf(root, path), path, message, expected }];
    }
  }
}

/** A rule that is put as a sentence of its own, such as "write an IP address". */
function inTheirWords(issue: Issue, path: Path, context: IssueContext): Problem {
  const { node, isExact } = locate(context.root, path);
  const found = isExact && node.children.size === 0 ? `; found ${nameFound(path, context)}` : '';
  const offset = offsetOf(context.root, path);
  return { offset, path, message: `${issue.message}${found}`, expected: issue.message };
}

function describeUnion(issue: Extract<Issue, { code: 'invalid_union' }>, path: Path, context: IssueContext): Problem[] {
  // The options that the value has the right shape for say best what is wrong in it.
  const near = issue.errors.filter(
    (issues) => !issues.some(({ path: at, code }) => at.length === 0 && code === 'invalid_type'),
  );
  const [only] = near;
  if (only !== undefined && near.length === 1) return only.flatMap((inner) => describeIssue(inner, path, context));
  const options = 'options' in issue && Array.isArray(issue.options) ? issue.options.map(String) : [];
  const alternatives = issue.errors.flatMap((issues) => expectedIn(issues[0]?.message) ?? []);
  const expected =
    options.length > 0
      ? `one of ${options.join(', ')}`
      : (([...new Set(alternatives)].join(', or ') || expectedIn(issue.message)) ?? 'another value');
  const found = nameFound(path, context);
  const { value } = locate(context.root, path).node;
  const hint =
    options.length > 0 && typeof value === 'string' && found.includes(value) ? didYouMean(value, options) : '';
  return [
    { offset: offsetOf(context.root, path), path, message: `expected ${expected}, found ${found}${hint}`, expected },
  ];
}

export function unknownField(path: Path, { schema, root }: Pick<IssueContext, 'schema' | 'root'>): Problem {
  const name = String(path.at(-1));
  const around = path.slice(0, -1);
  const present = locate(root, around).node.children;
  const known = knownFields(schema, root, around);
  const expected = known.length === 0 ? 'no such field' : `${known.length === 1 ? '' : 'one of '}${known.join(', ')}`;
  const hint = didYouMean(
    name,
    known.filter((field) => !present.has(field)),
  );
  return {
    offset: keyOffsetOf(root, path),
    path,
    message: `expected ${expected}, found the unknown field ${JSON.stringify(name.slice(0, 60))}${hint}`,
    expected,
  };
}

function nameFound(path: Path, { root, secrets }: IssueContext): string {
  const { node, isExact } = locate(root, path);
  if (!isExact) return 'nothing';
  if (node.written !== undefined) return `something else in ${node.written.slice(0, 60)}`;
  if (secrets.has(node) && typeof node.value === 'string') return 'something else (not shown: it may be a secret)';
  return nameValue(node.value);
}

const expectedIn = (message: string | undefined): string | undefined =>
  message?.startsWith('expected ') === true ? message.slice('expected '.length) : undefined;

/** Says "expected …" for whatever a schema does not put into words itself. Handed to zod with each parse. */
export function expectedWords(issue: z.core.$ZodRawIssue): string | undefined {
  switch (issue.code) {
    case 'invalid_type':
      return `expected ${typeWords[issue.expected] ?? issue.expected}`;
    case 'invalid_value':
      return `expected ${issue.values.length === 1 ? '' : 'one of '}${issue.values.map(String).join(', ')}`;
    case 'invalid_format':
      return `expected ${formatWords[issue.format] ?? `text in the form of ${issue.format}`}`;
    case 'too_small':
      if (issue.origin === 'string' && issue.minimum === 1) return 'expected text that is not empty';
      return `expected ${issue.inclusive === false ? 'more than' : 'at least'} ${issue.minimum}${unitWords[issue.origin] ?? ''}`;
    case 'too_big':
      return `expected ${issue.inclusive === false ? 'less than' : 'at most'} ${issue.maximum}${unitWords[issue.origin] ?? ''}`;
    case 'not_multiple_of':
      return `expected a multiple of ${issue.divisor}`;
    default:
      return undefined;
  }
}

const typeWords: Readonly<Record<string, string>> = {
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  object: 'a mapping',
  record: 'a mapping',
  array: 'a list',
};

const formatWords: Readonly<Record<string, string>> = {
  url: 'a URL such as https://example.com',
  email: 'an e-mail address',
  regex: 'text in another form',
};

const unitWords: Readonly<Record<string, string>> = {
  string: ' characters',
  array: ' entries',
  object: ' fields',
  record: ' fields',
};
