import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { commands } from '../../../src/app/commands.ts';
import { hugops, scratchDirectory } from './hugops-command.ts';

// What `hugops` answers to whoever types it: the text, where it goes, and the exit code (0 done, 1 failed, 2 wrong use or configuration).

let directory: Awaited<ReturnType<typeof scratchDirectory>>;
beforeAll(async () => {
  directory = await scratchDirectory();
});
afterAll(() => directory.remove());

const file = async (name: string, text: string): Promise<string> => {
  const path = join(directory.path, name);
  await writeFile(path, text);
  return path;
};

const good = `
people:
  alice:
    name: Alice
    email: alice@example.com
    timeZone: Europe/Berlin
services:
  checkout:
    name: Checkout
`;

describe('help', () => {
  it('tells of each command, on stdout and with exit code 0', async () => {
    const overview = await hugops(['--help']);
    expect(overview).toMatchObject({ code: 0, stderr: '' });
    for (const [name, { summary, usage }] of Object.entries(commands)) {
      expect(overview.stdout).toContain(`${name} `);
      expect(overview.stdout).toContain(summary);
      const own = await hugops([name, '--help']);
      expect(own).toMatchObject({ code: 0, stderr: '' });
      expect(own.stdout).toContain(`Usage: ${usage}`);
    }
  });

  it('names every variable of the environment that the program reads', async () => {
    const { stdout } = await hugops(['serve', '-h']);
    const source = await readFile(join(import.meta.dirname, '../../../src/app/environment.ts'), 'utf8');
    const names = [...source.matchAll(/^ {2}((?:HUGOPS|DATABASE)_[A-Z_]+):/gm)].map(([, name]) => name);
    expect(names.length).toBeGreaterThan(10);
    for (const name of names) expect(stdout).toContain(name);
  });

  it('prints the version of the package', async () => {
    const { version } = JSON.parse(await readFile(join(import.meta.dirname, '../../../package.json'), 'utf8')) as {
      version: string;
    };
    expect(await hugops(['--version'])).toMatchObject({ code: 0, stdout: `${version}\n`, stderr: '' });
  });
});

describe('wrong use', () => {
  it.each([
    [[], 'Usage: hugops COMMAND'],
    [['start'], 'There is no command start.'],
    [['constructor'], 'There is no command constructor.'],
    [['serve', 'now'], 'Usage: hugops serve'],
    [['serve', '--port', '80'], "Unknown option '--port'"],
    [['backup'], 'Usage: hugops backup FILE'],
    [['restore'], 'Usage: hugops restore FILE'],
    [['backup', 'a', 'b'], 'Usage: hugops backup FILE'],
    [['check-config', 'a', 'b'], 'Usage: hugops check-config'],
  ])('%j ends with 2 and says how to use it', async (args, says) => {
    const { code, stdout, stderr } = await hugops(args);
    expect(code).toBe(2);
    expect(stderr).toContain(says);
    expect(stderr).toContain('Usage: hugops');
    expect(stderr).not.toMatch(/\n\s+at /);
    expect(stdout).toBe('');
  });
});

describe('environment', () => {
  it.each([
    ['HUGOPS_PORT', 'eighty'],
    ['HUGOPS_PORT', '70000'],
    ['HUGOPS_PORT', '-1'],
    ['HUGOPS_URL', 'status.example.com'],
    ['HUGOPS_URL', 'ftp://status.example.com'],
    ['DATABASE_URL', 'mysql://db.example.com/hugops'],
    ['HUGOPS_SMTP_URL', 'mail.example.com'],
    ['HUGOPS_TRUSTED_PROXIES', 'many'],
    ['HUGOPS_ALLOW_PRIVATE_NETWORKS', 'perhaps'],
    ['HUGOPS_LOG_LEVEL', 'loud'],
  ])('%s=%s ends with 2, names the variable and starts nothing', async (name, value) => {
    const env = { HUGOPS_DATA_DIR: join(directory.path, 'never'), HUGOPS_PORT: '0', [name]: value };
    const { code, stderr, stdout } = await hugops(['serve'], { env });
    expect(code).toBe(2);
    expect(stderr).toMatch(new RegExp(`^${name}: .+\n$`));
    expect(stdout).toBe('');
    await expect(readFile(join(directory.path, 'never'))).rejects.toThrow(/ENOENT/);
  });

  it('wants the address and the password of the first owner together, and names every mistake at once', async () => {
    const half = await hugops(['serve'], { env: { HUGOPS_ADMIN_EMAIL: 'alice@example.com' } });
    expect(half).toMatchObject({ code: 2, stdout: '' });
    expect(half.stderr).toContain('HUGOPS_ADMIN_PASSWORD');
    const short = { HUGOPS_ADMIN_EMAIL: 'alice', HUGOPS_ADMIN_PASSWORD: 'secret', HUGOPS_PORT: 'x' };
    const { code, stderr } = await hugops(['serve'], { env: short });
    expect(code).toBe(2);
    expect(stderr.trim().split('\n')).toHaveLength(3);
    expect(stderr).not.toContain('secret');
  });
});

describe('check-config', () => {
  it('says that a file is good, and what is in it', async () => {
    const path = await file('good.yaml', good);
    const { code, stdout, stderr } = await hugops(['check-config', path]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toContain(`${path}: good (1 person, 0 teams, 1 service, 0 checks`);
  });

  it('reads what HUGOPS_CONFIG names, or hugops.yaml where it is called', async () => {
    const path = await file('hugops.yaml', good);
    expect((await hugops(['check-config'], { cwd: directory.path })).stdout).toContain(`${path}: good`);
    const named = await hugops(['check-config'], { env: { HUGOPS_CONFIG: path } });
    expect(named.stdout).toContain(`${path}: good`);
  });

  it('shows every mistake with its line and ends with 1', async () => {
    const path = await file('bad.yaml', `${good}    team: nobody\n    checks: 7\n`);
    const { code, stdout } = await hugops(['check-config', path]);
    expect(code).toBe(1);
    expect(stdout).toMatch(/bad\.yaml:10:\d+ {2}services\.checkout\.team/);
    expect(stdout).toMatch(/bad\.yaml:11:\d+ {2}services\.checkout\.checks/);
    expect(stdout).toContain('2 errors');
  });

  it.each([
    ['nothing there', 'absent.yaml', 'found nothing at this path'],
    ['a directory', '.', 'found a directory'],
  ])('ends with 1 for %s', async (_, name, says) => {
    const { code, stdout, stderr } = await hugops(['check-config', join(directory.path, name)]);
    expect(code).toBe(1);
    expect(stdout + stderr).toContain(says);
  });
});
