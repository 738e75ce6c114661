import { checkReferences } from './check-references.ts';
import { type ConfigError, toConfigErrors } from './config-error.ts';
import { type Config, configSchema, type KindSchemas } from './config-schema.ts';
import { builtInKinds } from './kinds.ts';
import { decodeText } from './decode-text.ts';
import { describeIssues, expectedWords, unknownField } from './describe-issues.ts';
import { findWarnings } from './find-warnings.ts';
import type { Located, Path, Problem } from './located.ts';
import { parseYaml } from './parse-yaml.ts';
import { type ConfigEnvironment, holdsReference, type Resolution, resolveReferences } from './resolve-references.ts';
import { droppedFields, type SecretValue, secretValues } from './schema-walk.ts';

export type ReadConfig =
  | { readonly ok: true; readonly config: Config; readonly warnings: ConfigError[] }
  | { readonly ok: false; readonly errors: ConfigError[] };

// More than anybody mends in one go; a file in which everything is wrong must not fill the screen or the memory.
const maxProblems = 500;

/**
 * Reads hugops.yaml: a configuration, with what is odd but possible as warnings, or everything that is wrong with it, each with
 * its line. Never throws, whatever the content; no error holds a secret.
 */
export function readConfigText(
  content: string | Uint8Array,
  fileName: string,
  env: ConfigEnvironment,
  kinds: KindSchemas = builtInKinds,
): ReadConfig {
  const decoded = decodeText(content);
  if (!decoded.ok) return { ok: false, errors: toConfigErrors(fileName, decoded.text, [decoded.problem]) };
  const { text } = decoded;
  const { root, problems } = parseYaml(text, (written, path) => resolveAt(path, written, env));
  const refuse = (found: readonly Problem[], secrets?: Iterable<Located>): ReadConfig => ({
    ok: false,
    errors: toConfigErrors(fileName, text, found.slice(0, maxProblems), secrets),
  });
  // What follows a mistake in the syntax is guesswork of the parser: telling what is wrong with it would mislead.
  if (root === undefined || problems.some(({ path }) => path.length === 0)) {
    return refuse(problems.length > 0 ? problems : [emptyFile]);
  }
  const schema = schemaOf(kinds);
  removeEmptySections(root);
  if (root.children.size === 0 && problems.length === 0 && typeof root.value === 'object') return refuse([emptyFile]);
  const secrets = new Set(namedSecrets(root));
  const marked = [...secretValues(schema, root)];
  for (const { node } of marked) secrets.add(node);
  const parsed = schema.safeParse(root.value, { error: expectedWords });
  const context = { schema, root, secrets, limit: maxProblems };
  problems.push(
    ...marked.filter(mustBeReference).flatMap(plainSecret),
    ...describeIssues(parsed.error?.issues ?? [], context),
    ...Array.from(droppedFields(schema, root), (path) => unknownField(path, context)),
    ...checkReferences(root, maxProblems),
  );
  if (!parsed.success || problems.length > 0) return refuse(problems, secrets);
  const warnings = [...findWarnings(parsed.data, root, env.now), ...marked.flatMap(plainSecret)];
  return { ok: true, config: parsed.data, warnings: toConfigErrors(fileName, text, warnings, secrets) };
}

// Building it takes longer than reading a usual file.
const schemas = new WeakMap<KindSchemas, ReturnType<typeof configSchema>>();

function schemaOf(kinds: KindSchemas): ReturnType<typeof configSchema> {
  const known = schemas.get(kinds);
  if (known !== undefined) return known;
  const made = configSchema(kinds);
  schemas.set(kinds, made);
  return made;
}

// Applied, an emptied or truncated file would archive everything that the last one described.
const emptyFile: Problem = {
  offset: 0,
  path: [],
  message: 'expected a mapping with sections such as people and services, found an empty file',
  expected: 'a mapping with sections such as people and services',
};

/** `people:` with all its entries commented out is a section that is not there. */
function removeEmptySections(root: Located): void {
  if (typeof root.value !== 'object' || root.value === null || Array.isArray(root.value)) return;
  const sections = root.value as Record<string, unknown>;
  for (const name of [
    'retention',
    'mail',
    'people',
    'teams',
    'schedules',
    'policies',
    'services',
    'listen',
    'statusPage',
  ]) {
    if (root.children.get(name)?.value !== null) continue;
    delete sections[name];
    root.children.delete(name);
  }
}

/** Texts whose field is named like a secret, whatever their schema says: never shown. */
function* namedSecrets(node: Located): Generator<Located> {
  for (const [key, child] of node.children) {
    if (typeof child.value === 'string') {
      if (/passw|secret|token|key$|authorization|credential/i.test(String(key))) yield child;
    } else yield* namedSecrets(child);
  }
}

/** In the other fields that are never shown, a secret in the file is a warning: an ntfy topic, say, need not be one. */
const mustBeReference = ({ secrecy, path }: SecretValue): boolean => secrecy === 'reference-only' || path[0] === 'mail';

/** A secret written into the file itself is read by everybody who reads the file, and by its history. */
function plainSecret({ node, path }: SecretValue): Problem[] {
  if (typeof node.value !== 'string' || node.written !== undefined || holdsReference(node.value)) return [];
  // The address of a mail server that asks for no password is no secret.
  if (path[0] === 'mail' && (URL.parse(node.value)?.password ?? '') === '') return [];
  const expected = 'a reference such as ${env:NAME} or ${file:/path}, so that the secret stands outside of the file';
  return [{ offset: node.from, path, message: `expected ${expected}, found the secret itself`, expected }];
}

/**
 * Checks, sources of posts and publish targets keep their references and fill them in at each run, so that no secret lies in the database; here it is only made sure
 * that they lead somewhere. A heartbeat's key is asked for by whoever calls, so it is needed now.
 */
function resolveAt(path: Path, written: string, env: ConfigEnvironment): Resolution {
  const resolution = resolveReferences(written, env);
  const isInCheck = path[0] === 'services' && path[2] === 'checks' && path[4] !== 'pingKey';
  const isInTarget = path[0] === 'statusPage' && path[1] === 'publishTo';
  // The key of a webhook is asked for by whoever sends to it.
  const isInSource = path[0] === 'listen' && path[1] === 'sources' && path[3] !== 'key';
  return resolution.ok && (isInCheck || isInTarget || isInSource)
    ? { ok: true, text: written, isSecret: false }
    : resolution;
}
