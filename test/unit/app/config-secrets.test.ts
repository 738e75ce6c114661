import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { formatConfigErrors } from '../../../src/app/config/config-error.ts';
import { resolveReferences } from '../../../src/app/config/resolve-references.ts';
import { briefErrors, errorsOf, exampleSecrets, exampleText, goodConfig, now, read } from './config-kit.ts';

let directory = '';
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'hugops-config-'));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const resolve = (text: string, variables: Record<string, string | undefined> = {}) =>
  resolveReferences(text, { variables, now });

describe('a reference', () => {
  it('is replaced by what it leads to, also within a text', () => {
    expect(resolve('${env:HOST}:${env:PORT}', { HOST: 'h', PORT: '1' })).toEqual({
      ok: true,
      text: 'h:1',
      isSecret: true,
    });
  });

  it('to a file is its content without the last line break', () => {
    const path = join(directory, 'secret');
    writeFileSync(path, 's3cret\n');
    expect(resolve(`\${file:${path}}`)).toEqual({ ok: true, text: 's3cret', isSecret: true });
  });

  it('is the text itself when it is escaped, and other dollars are left alone', () => {
    expect(resolve('$${env:HOME} ${HOME} $x')).toEqual({ ok: true, text: '${env:HOME} ${HOME} $x', isSecret: false });
  });

  it('is not resolved a second time in what it leads to', () => {
    expect(resolve('${env:A}', { A: '${env:B}', B: 'b' })).toMatchObject({ text: '${env:B}' });
  });

  it.each([
    ['${env:NOPE}', 'the environment variable NOPE to be set', 'it missing'],
    ['${env:EMPTY}', 'the environment variable EMPTY to be set', 'it empty'],
    ['${env:constructor}', 'the environment variable constructor to be set', 'it missing'],
    ['${env:not a name}', 'a reference such as', '"${env:not a name}"'],
    ['${vault:x}', 'a reference such as', '"${vault:x}"'],
    ['${env:OPEN', 'a reference such as', '"${env:OPEN"'],
    ['${file:relative}', 'an absolute path', '"relative"'],
    ['${file:/nowhere/at/all}', 'a readable text file', 'nothing there'],
    ['${file:/dev/zero}', 'a readable text file', 'something that is no file'],
  ])('%s is refused', (text, expected, found) => {
    expect(resolve(text, { EMPTY: '' })).toEqual({ ok: false, expected: expect.stringContaining(expected), found });
  });

  it('to a file that is empty, large, binary or a directory is refused', () => {
    const path = (name: string, content: string | Uint8Array): string => {
      writeFileSync(join(directory, name), content);
      return `\${file:${join(directory, name)}}`;
    };
    expect(resolve(path('empty', '\n'))).toMatchObject({ ok: false, found: 'an empty file' });
    expect(resolve(path('large', 'x'.repeat(65_537)))).toMatchObject({ ok: false, found: '65537 bytes' });
    expect(resolve(path('binary', new Uint8Array([0xff, 0xfe, 0x00])))).toMatchObject({
      ok: false,
      found: 'bytes that are not UTF-8',
    });
    expect(resolve(`\${file:${directory}}`)).toMatchObject({ ok: false, found: 'something that is no file' });
  });

  it('stands in a field that must be one', () => {
    const text = `mail: { url: 'smtp://u:hidden-pw@mail.example.com', from: a@example.com }
services:
  a:
    name: A
    checks:
      h: { kind: http, url: 'https://example.com', bearer: hidden-token }
      b: { kind: heartbeat, interval: 1h, pingKey: hidden-ping-key-0000 }
    integrations: { i: { kind: alertmanager, key: hidden-key-0000000000 } }
`;
    const errors = errorsOf(text);
    expect(errors.map(({ path }) => path)).toEqual([
      'mail.url',
      'services.a.checks.h.bearer',
      'services.a.checks.b.pingKey',
      'services.a.integrations.i.key',
    ]);
    expect(formatConfigErrors(errors)).not.toContain('hidden');
    expect(JSON.stringify(errors)).not.toContain('hidden');
  });

  it('is not asked of a mail server without a password', () => {
    expect(goodConfig('mail: { url: "smtp://127.0.0.1:1025", from: HugOps <a@example.com> }').mail?.url).toBe(
      'smtp://127.0.0.1:1025',
    );
  });

  it('must lead somewhere in a check, too, although it is kept', () => {
    const text =
      'services: { a: { name: A, checks: { h: { kind: http, url: "https://example.com", bearer: "${env:TOKEN}" } } } }';
    expect(briefErrors(text)).toEqual([
      '1:90 services.a.checks.h.bearer expected the environment variable TOKEN to be set, found it missing',
    ]);
    expect(goodConfig(text, { TOKEN: 'hidden' }).services['a']?.checks['h']?.['bearer']).toBe('${env:TOKEN}');
  });

  it('to something that does not fit is named, and what it leads to is not', () => {
    const text = `people: { a: { name: A, email: '\${env:MAIL}', timeZone: UTC } }
teams: { t: { name: T, members: ['\${env:WHO}'] } }
services: { a: { name: A, integrations: { i: { kind: alertmanager, key: '\${env:KEY}' } } } }`;
    const errors = errorsOf(text, { MAIL: 'hidden', WHO: 'hidden', KEY: 'hidden!' });
    expect(errors.map(({ message }) => message)).toEqual([
      'expected an e-mail address, found something else in ${env:MAIL}',
      'expected a person from the section people, found "${env:WHO}"',
      'expected a secret of 16 to 200 letters, digits, - and _, found something else in ${env:KEY}',
    ]);
    expect(formatConfigErrors(errors)).not.toContain('hidden');
  });
});

describe('no secret is shown', () => {
  const secrets = [...Object.values(exampleSecrets), 'hidden-mail-password'];

  it('when any one line of the example is broken', () => {
    const lines = exampleText().split('\n');
    let refused = 0;
    for (const [index, line] of lines.entries()) {
      const breaks = [`${line} }`, line.replace(/: /, ': [x, '), line.replace(/(\w)/, '$1?'), `   ${line}`];
      for (const broken of breaks.filter((_, which) => (which + index) % 2 === 0)) {
        const result = read(lines.with(index, broken).join('\n'), exampleSecrets);
        const shown = JSON.stringify(result.ok ? result.warnings : result.errors);
        if (!result.ok) refused++;
        for (const secret of secrets) expect(shown).not.toContain(secret);
      }
    }
    expect(refused).toBeGreaterThan(60);
  }, 60_000);

  it('when secrets stand in a file whose syntax is broken, on the same line', () => {
    const text = `people:
  alice: { contact: [{ kind: slack, token: hidden-1, "password" : 'hidden-2', url: https://u:hidden-3@example.com/, x: }, ] ] }
  bob: { secret: hidden-4, name: "open }`;
    const output = formatConfigErrors(errorsOf(text));
    expect(output).not.toContain('hidden');
    expect(output).toContain('••••');
  });
});
