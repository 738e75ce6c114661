import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { checkConfigFile } from '../../../src/app/config/check-config-file.ts';
import { configJsonSchema } from '../../../src/app/config/json-schema.ts';
import { exampleSecrets, exampleText, now } from './config-kit.ts';

let directory = '';
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'hugops-config-'));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const check = (content: string | Uint8Array) => {
  const path = join(directory, 'hugops.yaml');
  writeFileSync(path, content);
  return checkConfigFile(path, { variables: exampleSecrets, now });
};

describe('hugops check-config', () => {
  it('says that a file is good', async () => {
    const { exitCode, output } = await check(exampleText());
    expect(exitCode).toBe(0);
    expect(output).toBe(`${join(directory, 'hugops.yaml')}: good (3 people, 1 team, 3 services, 4 checks)\n`);
  });

  it('shows warnings and still says that it is good', async () => {
    const { exitCode, output } = await check('services: { api: { name: API } }');
    expect(exitCode).toBe(0);
    expect(output).toContain(
      'hugops.yaml:1:13  services.api  warning: nobody is paged for this service: it has no policy\n',
    );
    expect(output).toMatch(/: good \(0 people, 0 teams, 1 service, 0 checks, 1 warning\)\n$/);
  });

  it('shows all errors, counts them, and fails', async () => {
    const { exitCode, output } = await check('services: { api: {}, web: { nam: x } }');
    expect(exitCode).toBe(1);
    expect(output).toMatch(/: 3 errors\n$/);
    expect(output.match(/\^/g)).toHaveLength(3);
  });

  it('fails with a reason when there is no such file, or it is none', async () => {
    const env = { variables: {}, now };
    const path = join(directory, 'missing.yaml');
    expect(await checkConfigFile(path, env)).toEqual({
      exitCode: 1,
      output: `${path}:1:1  expected a file that can be read, found nothing at this path\n\n${path}: 1 error\n`,
    });
    expect((await checkConfigFile(directory, env)).output).toContain('expected a file, found a directory');
    const result = await check('x'.repeat(2_000_000));
    expect(result.output).toContain('expected a file of at most 1 MiB, found 2000000 bytes');
  });
});

describe('hugops.schema.json', () => {
  const path = new URL('../../../hugops.schema.json', import.meta.url);

  it('is current (UPDATE_SCHEMA=1 writes it; format it afterwards)', () => {
    if (process.env['UPDATE_SCHEMA'] === '1') writeFileSync(path, JSON.stringify(configJsonSchema(), null, 2));
    expect(JSON.parse(readFileSync(path, 'utf8'))).toEqual(JSON.parse(JSON.stringify(configJsonSchema())));
  });

  it('describes every section and every field of the file’s own, and marks no secret but as a reference', () => {
    const { properties } = configJsonSchema() as { properties: Record<string, { description?: string }> };
    expect(Object.keys(properties)).toEqual([
      'retention',
      'mail',
      'network',
      'deadMan',
      'people',
      'teams',
      'schedules',
      'policies',
      'services',
      'listen',
      'statusPage',
    ]);
    for (const section of Object.values(properties)) expect(section.description).toBeTypeOf('string');
    expect(JSON.stringify(properties)).not.toContain('"secret":true');
  });

  it('is what the example names for editors', () => {
    expect(exampleText().split('\n', 1)[0]).toBe('# yaml-language-server: $schema=../hugops.schema.json');
  });
});

describe('docs/configuration.md', () => {
  it('explains every field there is, together with docs/checks.md', () => {
    const text = ['configuration', 'checks']
      .map((name) => readFileSync(new URL(`../../../docs/${name}.md`, import.meta.url), 'utf8'))
      .join('\n');
    const missing = [...fieldNames(configJsonSchema())].filter((name) => !new RegExp(`\\b${name}\\b`).test(text));
    expect(missing).toEqual([]);
  });
});

function* fieldNames(schema: unknown): Generator<string> {
  if (typeof schema !== 'object' || schema === null) return;
  for (const [key, value] of Object.entries(schema)) {
    if (key === 'properties') yield* Object.keys(value as object);
    yield* fieldNames(value);
  }
}
