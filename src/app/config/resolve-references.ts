import { readFileSync, statSync } from 'node:fs';
import { isAbsolute } from 'node:path';
import type { EpochMs } from '../../domain/words.ts';

/** What a configuration file is read with: the variables its references may name, and the time for warnings that look ahead. */
export interface ConfigEnvironment {
  readonly variables: Readonly<Record<string, string | undefined>>;
  readonly now: EpochMs;
}

export type Resolution =
  | { readonly ok: true; readonly text: string; readonly isSecret: boolean }
  | { readonly ok: false; readonly expected: string; readonly found: string };

const reference = /\$(\$?)\{([A-Za-z]+):([^}]*)(\}?)/g;
const variableName = /^[A-Za-z_][A-Za-z0-9_]*$/;
const maxSecretBytes = 65_536;

/** Whether the text holds a reference, as written; `$${env:…}` is the text `${env:…}` itself. */
export function holdsReference(text: string): boolean {
  return text.includes('${') && [...text.matchAll(reference)].some(([, escape]) => escape === '');
}

/**
 * Replaces each `${env:NAME}` and `${file:/path}` by what it refers to. The only place where secrets of the file are read;
 * neither result ever holds a secret in `expected` or `found`.
 */
export function resolveReferences(text: string, env: ConfigEnvironment): Resolution {
  if (!text.includes('${')) return { ok: true, text, isSecret: false };
  let failure: Resolution | undefined;
  let isSecret = false;
  const resolved = text.replaceAll(reference, (whole, escape: string, scheme: string, name: string, end: string) => {
    if (escape !== '') return whole.slice(1);
    const answer = end === '' ? misspelt(whole) : resolveOne(scheme, name, env);
    isSecret = true;
    if (answer.ok) return answer.text;
    failure ??= answer;
    return '';
  });
  return failure ?? { ok: true, text: resolved, isSecret };
}

function resolveOne(scheme: string, name: string, env: ConfigEnvironment): Resolution {
  if (scheme === 'env') return readVariable(name, env);
  if (scheme === 'file') return readSecretFile(name);
  return misspelt(`\${${scheme}:${name}}`);
}

const misspelt = (written: string): Resolution => ({
  ok: false,
  expected: 'a reference such as ${env:NAME} or ${file:/path} ($${ for the characters themselves)',
  found: JSON.stringify(written.slice(0, 60)),
});

function readVariable(name: string, env: ConfigEnvironment): Resolution {
  if (!variableName.test(name)) return misspelt(`\${env:${name}}`);
  const text: unknown = env.variables[name];
  if (typeof text === 'string' && text !== '') return { ok: true, text, isSecret: true };
  return {
    ok: false,
    expected: `the environment variable ${name} to be set`,
    found: text === '' ? 'it empty' : 'it missing',
  };
}

function readSecretFile(path: string): Resolution {
  if (!isAbsolute(path)) {
    return { ok: false, expected: 'an absolute path in ${file:/path}', found: JSON.stringify(path.slice(0, 60)) };
  }
  const expected = `a readable text file of at most 64 KiB at ${path}`;
  try {
    // Asked before it is read: a pipe or a device would never end.
    const facts = statSync(path);
    if (!facts.isFile()) return { ok: false, expected, found: 'something that is no file' };
    if (facts.size > maxSecretBytes) return { ok: false, expected, found: `${facts.size} bytes` };
    const text = new TextDecoder('utf-8', { fatal: true }).decode(readFileSync(path)).replace(/\r?\n$/, '');
    return text === '' ? { ok: false, expected, found: 'an empty file' } : { ok: true, text, isSecret: true };
  } catch (error) {
    return {
      ok: false,
      expected,
      found: reasons[(error as { code?: string }).code ?? ''] ?? 'one that cannot be read',
    };
  }
}

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'nothing there',
  ENOTDIR: 'nothing there',
  EACCES: 'no permission to read it',
  ERR_ENCODING_INVALID_ENCODED_DATA: 'bytes that are not UTF-8',
};
