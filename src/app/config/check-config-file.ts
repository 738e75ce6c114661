import { readFile, stat } from 'node:fs/promises';
import { formatConfigErrors } from './config-error.ts';
import { maxFileBytes } from './decode-text.ts';
import { builtInKinds } from './kinds.ts';
import { readConfigText, type ReadConfig } from './read-config.ts';
import type { ConfigEnvironment } from './resolve-references.ts';

/** Reads the file at `path`. Never throws: that it is not there, or no file, is an error like those in it. */
export async function readConfigFile(path: string, env: ConfigEnvironment, kinds = builtInKinds): Promise<ReadConfig> {
  const refuse = (expected: string, found: string): ReadConfig => ({
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
    if (!facts.isFile()) return refuse('a file', facts.isDirectory() ? 'a directory' : 'something that is no file');
    if (facts.size > maxFileBytes) return refuse('a file of at most 1 MiB', `${facts.size} bytes`);
    return readConfigText(await readFile(path), path, env, kinds);
  } catch (error) {
    return refuse('a file that can be read', reasons[(error as { code?: string }).code ?? ''] ?? 'one that cannot be');
  }
}

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'nothing at this path',
  ENOTDIR: 'nothing at this path',
  EACCES: 'no permission to read it',
};

/** What `hugops check-config` prints, and with which code it ends: 0 when the file can be used, 1 when not. */
export async function checkConfigFile(
  path: string,
  env: ConfigEnvironment,
): Promise<{ exitCode: 0 | 1; output: string }> {
  const read = await readConfigFile(path, env);
  if (!read.ok) {
    const count = read.errors.length === 1 ? '1 error' : `${read.errors.length} errors`;
    return { exitCode: 1, output: `${formatConfigErrors(read.errors)}\n${path}: ${count}\n` };
  }
  const { config, warnings } = read;
  const told = warnings.length === 0 ? '' : `${formatConfigErrors(warnings, 'warning: ')}\n`;
  const services = Object.values(config.services);
  const checks = services.reduce((count, service) => count + Object.keys(service.checks).length, 0);
  const parts = [
    plural(Object.keys(config.people).length, 'person', 'people'),
    plural(Object.keys(config.teams).length, 'team', 'teams'),
    plural(services.length, 'service', 'services'),
    plural(checks, 'check', 'checks'),
  ].join(', ');
  const caution = warnings.length === 0 ? '' : `, ${plural(warnings.length, 'warning', 'warnings')}`;
  return { exitCode: 0, output: `${told}${path}: good (${parts}${caution})\n` };
}

const plural = (count: number, one: string, many: string): string => `${count} ${count === 1 ? one : many}`;
