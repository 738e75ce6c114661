import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { secretsOf } from '../../../src/app/resolve-secret.ts';
import { openTestApp, type TestApp } from '../../harness/app.ts';
import { type FakeHost, openFakeInternet } from '../../harness/fake-internet.ts';
import { scratchDirectory } from './hugops-command.ts';

// An administrator of the console is not the administrator of the machine: what a check may refer to depends on who wrote it.

let scratch: Awaited<ReturnType<typeof scratchDirectory>>;
let secretsDir: string;
beforeAll(async () => {
  scratch = await scratchDirectory();
  secretsDir = join(scratch.path, 'secrets');
  await mkdir(secretsDir);
  await writeFile(join(secretsDir, 'token'), 'from-a-file\n');
  await writeFile(join(scratch.path, 'private'), 'not-yours');
  await mkdir(join(scratch.path, 'secrets-of-others'));
  await writeFile(join(scratch.path, 'secrets-of-others', 'token'), 'not-yours');
  await symlink(join(scratch.path, 'private'), join(secretsDir, 'link'));
});
afterAll(() => scratch.remove());

describe('a reference', () => {
  const variables = { HUGOPS_SECRET_TOKEN: 'open', DATABASE_URL: 'postgres://u:p@h/d', HUGOPS_SECRETS_DIR: '/x' };

  it('of hugops.yaml may name everything', () => {
    const resolve = secretsOf({ variables, secretsDir: undefined });
    expect(resolve('env', 'DATABASE_URL', 'file')).toBe('postgres://u:p@h/d');
    expect(resolve('file', join(scratch.path, 'private'), 'file')).toBe('not-yours');
    expect(resolve('env', 'NOT_SET', 'file')).toBeUndefined();
    expect(resolve('file', join(scratch.path, 'absent'), 'file')).toBeUndefined();
    expect(resolve('file', '/dev/zero', 'file')).toBeUndefined();
  });

  it('of the console may name what was put there for it', () => {
    const resolve = secretsOf({ variables, secretsDir });
    expect(resolve('env', 'HUGOPS_SECRET_TOKEN', 'console')).toBe('open');
    expect(resolve('file', join(secretsDir, 'token'), 'console')).toBe('from-a-file');
  });

  it('of the console may not name anything else', () => {
    const resolve = secretsOf({ variables, secretsDir });
    for (const name of ['DATABASE_URL', 'HUGOPS_SECRETS_DIR', 'hugops_secret_token'])
      expect([name, resolve('env', name, 'console')]).toEqual([name, undefined]);
    const paths = [
      '/etc/passwd',
      join(scratch.path, 'private'),
      `${secretsDir}/../private`,
      join(secretsDir, 'link'),
      `${secretsDir}-of-others/token`,
      secretsDir,
      'token',
    ];
    for (const path of paths) expect([path, resolve('file', path, 'console')]).toEqual([path, undefined]);
  });

  it('of the console may name no file where no folder is set', () => {
    expect(secretsOf({ variables, secretsDir: undefined })('file', '/etc/passwd', 'console')).toBeUndefined();
  });
});

describe('a check', () => {
  const internet = openFakeInternet();
  let host: FakeHost;
  let hugops: TestApp;
  beforeAll(async () => {
    host = await internet.http('ok');
    hugops = await openTestApp({
      yaml: `services: { own: { name: Own, checks: { page: { kind: http, url: '${host.url}/file', bearer: '\${env:APP_TOKEN}' } } } }`,
      variables: {
        APP_TOKEN: 'token-of-the-file',
        HUGOPS_SECRET_TOKEN: 'token-of-the-console',
        HUGOPS_SECRETS_DIR: secretsDir,
      },
    });
  });
  afterAll(async () => {
    await hugops?.stop();
    await internet.close();
  });

  it('of the console sends nothing that was not meant for it', async () => {
    const made = await hugops.api('POST', '/services', { id: 'mine', name: 'Mine' });
    expect(made.status).toBe(201);
    const bearers = {
      taken: '${env:APP_TOKEN}',
      passwd: '${file:/etc/passwd}',
      open: '${env:HUGOPS_SECRET_TOKEN}',
      shelf: `\${file:${join(secretsDir, 'token')}}`,
    };
    for (const [name, bearer] of Object.entries(bearers)) {
      const config = { kind: 'http', url: `${host.url}/${name}`, bearer };
      expect((await hugops.api('POST', '/services/mine/checks', { name, config })).status).toBe(201);
    }
    await hugops.app.tick();
    await hugops.pass(120_000, 15_000);
    const sent = new Map(host.heard.map(({ path, headers }) => [path, headers.authorization]));
    expect(Object.fromEntries(sent)).toEqual({
      '/file': 'Bearer token-of-the-file',
      '/open': 'Bearer token-of-the-console',
      '/shelf': 'Bearer from-a-file',
    });
    const service = JSON.stringify((await hugops.api('GET', '/services/mine')).body);
    expect(service).toContain('the secret ${env:APP_TOKEN} is not there');
    for (const secret of ['token-of-the-file', 'token-of-the-console', 'from-a-file'])
      expect(service).not.toContain(secret);
  });
});
