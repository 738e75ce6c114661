import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { delimiter, join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freePort } from '../../harness/free-port.ts';
import { eventually, scratchDirectory } from './hugops-command.ts';

// What `npm pack` makes, installed where nothing of this checkout is: it runs, also by a Node.js that is too old for it.

const repository = resolve(import.meta.dirname, '../../..');
/** The npm and Node.js that the machine has, without those of this checkout. */
const machinePath = (process.env['PATH'] ?? '')
  .split(delimiter)
  .filter((part) => !part.includes('node_modules'))
  .join(delimiter);
const env = { PATH: machinePath, HOME: process.env['HOME'] ?? '', npm_config_update_notifier: 'false' };

let scratch: Awaited<ReturnType<typeof scratchDirectory>>;
let app: string;
let problem: string | undefined;

beforeAll(async () => {
  scratch = await scratchDirectory();
  app = join(scratch.path, 'app');
  await mkdir(app);
  await writeFile(join(app, 'package.json'), '{ "name": "somebody", "private": true }\n');
  run('npm', ['pack', '--silent', '--pack-destination', scratch.path], repository, {
    ...env,
    PATH: `${join(repository, 'node_modules/.bin')}${delimiter}${machinePath}`,
  });
  const tarball = (await readdir(scratch.path)).find((name) => name.endsWith('.tgz'));
  expect(tarball).toMatch(/^hugops-\d+\.\d+\.\d+\.tgz$/);
  const install = ['install', '--prefer-offline', '--no-audit', '--no-fund', join(scratch.path, tarball ?? '')];
  const ended = spawnSync('npm', install, { cwd: app, env, encoding: 'utf8', timeout: 240_000 });
  const isOffline = /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ETIMEDOUT|ENETUNREACH/.test(ended.stderr);
  if (ended.status !== 0 && isOffline) problem = 'the registry of npm cannot be reached from here';
  else expect({ status: ended.status, stderr: ended.stderr }).toMatchObject({ status: 0 });
}, 300_000);
afterAll(() => scratch.remove());

function run(command: string, args: readonly string[], cwd: string, environment: Record<string, string> = env) {
  const ended = spawnSync(command, args, { cwd, env: environment, encoding: 'utf8', timeout: 120_000 });
  if (ended.status !== 0) throw new Error(`${command} ${args.join(' ')} ended with ${ended.status}: ${ended.stderr}`);
  return ended.stdout;
}

describe('the package', () => {
  it('holds what it needs to run and nothing else', async (context) => {
    if (problem !== undefined) context.skip(problem);
    const home = join(app, 'node_modules/hugops');
    expect((await readdir(home)).toSorted()).toEqual(
      [
        'LICENSE',
        'README.md',
        'bin',
        'dist',
        'hugops.schema.json',
        'package.json',
        'scenario.schema.json',
        'scenarios',
      ].filter((name) => existsSync(join(repository, name))),
    );
    const files = await readdir(join(home, 'dist'), { recursive: true });
    expect(files.filter((name) => /\.tsx?$|\.test\.|\.map$/.test(name))).toEqual([]);
    expect(files).toEqual(
      expect.arrayContaining(['main.js', 'web/index.html', 'tell/render/site.css', 'reference.js']),
    );
  });

  it('answers npx', (context) => {
    if (problem !== undefined) context.skip(problem);
    expect(run('npx', ['--no-install', 'hugops', '--version'], app)).toMatch(/^\d+\.\d+\.\d+\n$/);
    expect(run('npx', ['--no-install', 'hugops', 'serve', '--help'], app)).toContain('Usage: hugops serve');
  });

  it('is started by an older Node.js with the one that it brings, and stops by a signal', async (context) => {
    if (problem !== undefined) context.skip(problem);
    const port = await freePort();
    const url = `http://127.0.0.1:${port}`;
    const child = spawn('node', [join(app, 'node_modules/hugops/bin/hugops.mjs'), 'serve'], {
      cwd: scratch.path,
      env: {
        ...env,
        HUGOPS_NETWORK_REFERENCES: 'off',
        HUGOPS_PORT: String(port),
        HUGOPS_DATA_DIR: join(scratch.path, 'data'),
        HUGOPS_LOG_LEVEL: 'error',
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
    try {
      await eventually(
        'the package is ready',
        async () => {
          if (child.exitCode !== null) throw new Error(`it ended with ${child.exitCode}: ${output}`);
          return fetch(`${url}/readyz`).then(
            (answer) => answer.ok,
            () => false,
          );
        },
        60_000,
      );
      const page = await eventually('the first publication', async () => {
        const answer = await fetch(url);
        return answer.ok && (await answer.text());
      });
      expect(page).toContain('<!doctype html>');
      const consolePage = await fetch(`${url}/console/`);
      const html = await consolePage.text();
      expect([consolePage.status, html]).toEqual([200, expect.stringContaining('/console/assets/')]);
      for (const [, path = ''] of [...html.matchAll(/"(\/console\/assets\/[^"]+)"/g)].slice(0, 5))
        expect([path, (await fetch(`${url}${path}`)).status]).toEqual([path, 200]);
      for (const [, path = ''] of page.matchAll(/src="(\/assets\/[^"]+)"/g))
        expect([path, (await fetch(`${url}${path}`)).status]).toEqual([path, 200]);
      expect((await fetch(`${url}/api/v1/setup`)).status).toBe(200);
      expect((await fetch(`${url}/altcha`)).status).toBe(200);
      expect(await (await fetch(`${url}/api/docs`)).text()).toContain('<script');
      expect(((await (await fetch(`${url}/api/openapi.json`)).json()) as { openapi: string }).openapi).toBe('3.1.0');
      const ended = once(child, 'exit');
      child.kill('SIGTERM');
      expect(await ended).toEqual([0, null]);
      expect(output).toContain('HugOps is running.');
      expect(output).not.toMatch(/ExperimentalWarning|\n\s+at /);
    } finally {
      if (child.exitCode === null) child.kill('SIGKILL');
    }
    await eventually('the port is free again', () => isRefused(port));
  });

  it('stops when the process that started it is killed', async (context) => {
    if (problem !== undefined) context.skip(problem);
    const port = await freePort();
    const child = spawn('node', [join(app, 'node_modules/hugops/bin/hugops.mjs'), 'serve'], {
      env: {
        ...env,
        HUGOPS_PORT: String(port),
        HUGOPS_DATA_DIR: join(scratch.path, 'data'),
        HUGOPS_LOG_LEVEL: 'error',
      },
      stdio: 'ignore',
    });
    await eventually('the package is ready', () =>
      fetch(`http://127.0.0.1:${port}/readyz`).then(
        (answer) => answer.ok,
        () => false,
      ),
    );
    child.kill('SIGKILL');
    await eventually('the port is free again', () => isRefused(port));
    expect(child.signalCode).toBe('SIGKILL');
  });

  it('says what to do where its Node.js was not installed', async (context) => {
    if (problem !== undefined) context.skip(problem);
    const version = run('node', ['--version'], scratch.path);
    if (Number.parseInt(version.slice(1), 10) >= 26) context.skip(`the machine's own Node.js is ${version.trim()}`);
    const bare = join(scratch.path, 'bare/node_modules/hugops');
    await mkdir(bare, { recursive: true });
    for (const name of ['bin', 'dist', 'package.json'])
      run('cp', ['-r', join(app, 'node_modules/hugops', name), bare], scratch.path);
    const ended = spawnSync('node', [join(bare, 'bin/hugops.mjs'), '--version'], { env, encoding: 'utf8' });
    expect(ended).toMatchObject({ status: 1, stdout: '' });
    expect(ended.stderr).toMatch(/^HugOps needs Node\.js 26; this is \d+\.\d+\.\d+, .+npm rebuild node.+\n$/);
  });
});

function isRefused(port: number): Promise<boolean> {
  return new Promise((resolve_) => {
    const probe = connect(port, '127.0.0.1');
    probe.once('error', () => resolve_(true));
    probe.once('connect', () => {
      probe.destroy();
      resolve_(false);
    });
  });
}
