import { readFile, stat } from 'node:fs/promises';
import { type ConfigError, toConfigErrors } from '../config/config-error.ts';
import { decodeText, maxFileBytes } from '../config/decode-text.ts';
import { describeIssues, expectedWords } from '../config/describe-issues.ts';
import type { Problem } from '../config/located.ts';
import { parseYaml } from '../config/parse-yaml.ts';
import { checkScenario } from './check-scenario.ts';
import { type Scenario, toScenario } from './scenario.ts';
import { scenarioSchema } from './scenario-schema.ts';

export type ReadScenario =
  | { readonly ok: true; readonly scenario: Scenario }
  | { readonly ok: false; readonly errors: ConfigError[] };

const maxProblems = 200;

/** Reads a scenario, or tells everything that is wrong with it, each with its line and field. Never throws, whatever the content. */
export function readScenarioText(content: string | Uint8Array, fileName: string): ReadScenario {
  const decoded = decodeText(content);
  if (!decoded.ok) return { ok: false, errors: toConfigErrors(fileName, decoded.text, [decoded.problem]) };
  const { text } = decoded;
  // A scenario is shared with others: it refers to no variables and no files.
  const { root, problems } = parseYaml(text, (written) => ({ ok: true, text: written, isSecret: false }));
  const refuse = (found: readonly Problem[]): ReadScenario => ({
    ok: false,
    errors: toConfigErrors(fileName, text, found.slice(0, maxProblems)),
  });
  if (root === undefined || problems.some(({ path }) => path.length === 0))
    return refuse(problems.length > 0 ? problems : [empty]);
  const parsed = scenarioSchema.safeParse(root.value, { error: expectedWords });
  const context = { schema: scenarioSchema, root, secrets: new Set<never>(), limit: maxProblems };
  problems.push(...describeIssues(parsed.error?.issues ?? [], context), ...checkScenario(root, maxProblems));
  if (!parsed.success || problems.length > 0) return refuse(problems);
  return { ok: true, scenario: toScenario(parsed.data) };
}

/** Reads the file at `path`. Never throws: that it is not there is an error like those in it. */
export async function readScenarioFile(path: string): Promise<ReadScenario> {
  const refuse = (expected: string, found: string): ReadScenario => ({
    ok: false,
    errors: [
      {
        file: path,
        line: 1,
        column: 1,
        path: '',
        message: `expected ${expected}, found ${found}`,
        expected,
        source: '',
      },
    ],
  });
  try {
    const facts = await stat(path);
    if (!facts.isFile()) return refuse('a scenario file', 'something that is no file');
    if (facts.size > maxFileBytes) return refuse('a file of at most 1 MiB', `${facts.size} bytes`);
    return readScenarioText(await readFile(path), path);
  } catch (error) {
    const isMissing = ['ENOENT', 'ENOTDIR'].includes(String((error as { code?: unknown }).code));
    return refuse('a scenario file that can be read', isMissing ? 'nothing at this path' : 'one that cannot be');
  }
}

const empty: Problem = {
  offset: 0,
  path: [],
  message: 'expected a scenario with a title, services and what to expect, found an empty file',
  expected: 'a scenario with a title, services and what to expect',
};
