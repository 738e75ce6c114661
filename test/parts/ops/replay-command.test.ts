import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { withAdmin } from '../../harness/postgres.ts';
import { waitUntil } from '../../harness/wait-until.ts';

// `hugops replay` as a person calls it: the real program in a process of its own, real time at high speed.

const program = fileURLToPath(new URL('../../../src/main.ts', import.meta.url));
const scenario = `
title: A short outage
startsAt: 2026-12-01T09:00:00Z
endsAt: 2026-12-01T09:24:00Z
people: { alice: { name: Alice Ahlgren, timeZone: Europe/Berlin, acknowledges: 1m } }
teams: { shop: { name: Shop, onCall: [alice] } }
services:
  web:
    name: Website
    team: shop
    every: 20s
    health: [{ at: '09:05', failing: 1 }, { at: '09:15', failing: 0 }]
acts: [{ at: '09:10', who: alice, does: update, about: web, phase: identified, text: A cable. }]
expect: { incidents: 1, pagesPerPerson: 1, pagedTeams: [shop], seenWithin: 4m, recoveryWithin: 4m }
`;

let directory = '';
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'hugops-replay-test-'));
  writeFileSync(join(directory, 'short.yaml'), scenario);
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

/** What replays have left in the folder for temporary files; each test gives them one of its own. */
function temporary(name: string): { env: NodeJS.ProcessEnv; left: () => string[] } {
  const folder = mkdtempSync(join(directory, `${name}-`));
  return { env: { ...process.env, TMPDIR: folder, HUGOPS_DATA_DIR: '/nowhere' }, left: () => readdirSync(folder) };
}

const run = (args: string[], env: NodeJS.ProcessEnv) =>
  spawnSync(process.execPath, [program, 'replay', ...args], {
    cwd: directory,
    env,
    encoding: 'utf8',
    timeout: 240_000,
  });

describe('hugops replay', { timeout: 300_000 }, () => {
  test('plays a scenario through kills and tells what came of it; nothing is left but the report', () => {
    const { env, left } = temporary('played');
    const ended = run(['short.yaml', '--speed', '120', '--kill-every', '8m', '--report', 'out.html'], env);
    expect(`${ended.stdout}${ended.stderr}`).toMatch(/killed and started again \d times/);
    expect(ended.stdout).not.toMatch(/^ {2}NO /m);
    expect(ended.stdout).toContain('yes  1 incident: 1');
    expect(ended.stdout).toContain('The public page says (identified): A cable.');
    expect(ended.status).toBe(0);
    expect(readFileSync(join(directory, 'out.html'), 'utf8')).toContain('<h1>A short outage</h1>');
    expect(left()).toEqual([]);
  });

  test('plays the same on PostgreSQL, in a database that is gone after it', async () => {
    const { env, left } = temporary('postgres');
    const url = await withAdmin(async (admin) => {
      const { host, port, user, password } = admin;
      return `postgres://${user ?? ''}:${typeof password === 'string' ? password : ''}@${host}:${port}/postgres`;
    });
    const ended = run(['short.yaml', '--speed', '120', '--database-url', url, '--report', 'postgres.html'], env);
    expect(ended.stdout).not.toMatch(/^ {2}NO /m);
    expect(ended.status).toBe(0);
    expect(left()).toEqual([]);
    const databases = await withAdmin(async (admin) => {
      const { rows } = await admin.query<{ datname: string }>(
        "select datname from pg_database where datname like 'hugops_replay%'",
      );
      return rows;
    });
    expect(databases).toEqual([]);
  });

  test('stopped by Ctrl C it leaves no process and no trace', async () => {
    const { env, left } = temporary('stopped');
    const child = spawn(process.execPath, [program, 'replay', 'short.yaml', '--speed', '10'], { cwd: directory, env });
    let said = '';
    child.stderr.on('data', (bytes: Buffer) => (said += bytes.toString()));
    const gone = new Promise<number | null>((resolve) => child.on('exit', (code) => resolve(code)));
    await waitUntil('the address to watch', () => /127\.0\.0\.1:\d+\/console/.test(said), 180_000);
    const address = /http:\/\/127\.0\.0\.1:\d+/.exec(said)?.[0] ?? '';
    expect((await fetch(`${address}/healthz`)).status).toBe(200);
    child.kill('SIGINT');
    expect(await gone).toBe(1);
    await expect(fetch(`${address}/healthz`)).rejects.toThrow('fetch failed');
    expect(left()).toEqual([]);
    expect(existsSync(join(directory, 'replay-short.html'))).toBe(false);
  });

  test('refuses what it cannot play, and a program on such a clock starts for a replay alone', () => {
    const { env, left } = temporary('refused');
    writeFileSync(join(directory, 'broken.yaml'), scenario.replace("'09:15'", "'09:01'"));
    const broken = run(['broken.yaml'], env);
    expect(broken.status).toBe(2);
    expect(broken.stderr).toContain('services.web.health[1].at  expected a time after that of services.web.health[0]');
    expect(run(['--speed', 'fast'], env).stderr).toContain('--speed: expected a whole number');
    expect(run(['--list'], env).stdout.split('\n')).toContain('2015-09-20-aws');
    const server = spawnSync(process.execPath, [program, 'replay-server'], { cwd: directory, env, encoding: 'utf8' });
    expect(server.status).toBe(2);
    expect(server.stderr).toContain('started by `hugops replay` alone');
    expect(left()).toEqual([]);
  });
});
