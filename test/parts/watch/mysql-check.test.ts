import type { Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { createAuthority } from '../../harness/certificates.ts';
import { openFakeInternet } from '../../harness/fake-internet.ts';
import { type FakeMysqlState, mysqlError, serveMysql } from '../../harness/fake-mysql.ts';
import { waitUntil } from '../../harness/wait-until.ts';
import { runOnce, type TestRun } from './check-environment.ts';

const internet = openFakeInternet();
afterEach(() => internet.close());

const now = Date.now();
const authority = createAuthority('Example Authority');
const certificate = authority.issue(['127.0.0.1'], now - 86_400_000, now + 86_400_000);
const secrets = { 'env:P': 'hunter 22 ü', 'file:/ca': authority.cert };
const overTls = { tls: true, caCertificate: '${file:/ca}' };

const run = async (
  onSocket: (socket: Socket) => void,
  config: object = {},
  options: TestRun = {},
): ReturnType<typeof runOnce> => {
  const server = await internet.tcp(onSocket);
  const outcome = await runOnce(
    'mysql',
    { host: '127.0.0.1', port: server.port, username: 'alice', password: '${env:P}', ...config },
    { secrets, ...options },
  );
  await waitUntil('every connection is closed', () => server.openSockets() === 0);
  expect(JSON.stringify(outcome)).not.toContain('hunter');
  return JSON.parse(JSON.stringify(outcome).replaceAll(`:${server.port}`, ':PORT')) as typeof outcome;
};
const told = async (...given: Parameters<typeof run>): Promise<string> =>
  (await run(...given)).error?.message ?? 'satisfied';

describe('a MySQL check', () => {
  const password = 'hunter 22 ü';

  it('logs in and pings', async () => {
    const outcome = await run(serveMysql({ password }));
    expect(outcome).toMatchObject({ ok: true, observed: { peer: '127.0.0.1:PORT', version: '8.4.0-test' } });
    expect(outcome.phases?.firstByteMs).toBeGreaterThan(0);
  });

  it.each<[string, FakeMysqlState, object]>([
    ['native', { password }, {}],
    ['native, over TLS', { password, certificate }, overTls],
    ['without a password', { password: '' }, { password: '${env:EMPTY}' }],
    ['caching SHA-2, remembered', { password, plugin: 'caching_sha2_password' }, {}],
    ['caching SHA-2, by the server’s key', { password, plugin: 'caching_sha2_password', isCached: false }, {}],
    ['caching SHA-2, over TLS', { password, plugin: 'caching_sha2_password', isCached: false, certificate }, overTls],
    [
      'caching SHA-2, without a password',
      { password: '', plugin: 'caching_sha2_password' },
      { password: '${env:EMPTY}' },
    ],
    ['switched to native', { password, plugin: 'caching_sha2_password', userPlugin: 'mysql_native_password' }, {}],
    ['switched to caching SHA-2', { password, userPlugin: 'caching_sha2_password', isCached: false }, {}],
    [
      'the default unknown, the user’s known',
      { password, plugin: 'sha256_password', userPlugin: 'mysql_native_password' },
      {},
    ],
    ['in the clear, over TLS', { password, userPlugin: 'mysql_clear_password', certificate }, overTls],
  ])('logs in: %s', async (_name, state, config) => {
    expect(await told(serveMysql(state), config, { secrets: { ...secrets, 'env:EMPTY': '' } })).toBe('satisfied');
  });

  it('tells a refused login, and gives the password to nobody in the clear', async () => {
    const passwords: string[] = [];
    expect(await told(serveMysql({ password: 'other' }))).toBe(
      "127.0.0.1:PORT refused the login: Access denied for user 'alice'@'localhost' (1045)",
    );
    expect(await told(serveMysql({ password: 'other', plugin: 'caching_sha2_password' }))).toMatch(/Access denied/);
    expect(await told(serveMysql({ password, userPlugin: 'mysql_clear_password', passwords }))).toBe(
      '127.0.0.1:PORT wants the password in the clear; HugOps sends it over TLS only',
    );
    expect(passwords).toEqual([]);
    expect(await told(serveMysql({ password, userPlugin: 'auth_gssapi_client' }))).toBe(
      '127.0.0.1:PORT wants a way of logging in that HugOps does not know: auth_gssapi_client',
    );
    expect(await told(serveMysql({ password }), overTls)).toBe('127.0.0.1:PORT offers no TLS');
    const foreign = authority.issue(['other.test'], now - 86_400_000, now + 86_400_000);
    expect(await told(serveMysql({ password, certificate: foreign }), overTls)).toMatch(
      /^the certificate is for other\.test/,
    );
  });

  it('runs a query read-only with a limit of time, and judges its first value', async () => {
    const heard: string[] = [];
    const long = 'y'.repeat(300);
    const state: FakeMysqlState = {
      password,
      heard,
      answer: (sql) =>
        sql === 'empty'
          ? [Buffer.from([0, 0, 0, 2, 0, 0, 0])]
          : sql === 'null'
            ? [[null, 'x']]
            : sql === 'long'
              ? [[long]]
              : [
                  ['12', 'a'],
                  ['13', null],
                ],
    };
    const ask = (query: string, is: string, value: unknown): Promise<string> =>
      told(serveMysql(state), { query, expect: { is, value } });
    expect(await ask('SELECT n', 'above', 10)).toBe('satisfied');
    expect(heard).toEqual(['SET SESSION max_execution_time = 5000', 'START TRANSACTION READ ONLY', 'SELECT n']);
    expect(await ask('SELECT n', 'above', 20)).toBe('the first value is 12, expected above 20');
    expect(await ask('null', 'above', 20)).toBe('the first value is NULL, expected a value');
    expect(await ask('empty', 'above', 20)).toBe('the query found no row, expected a value');
    expect(await ask('long', 'equals', long)).toBe('satisfied');
    expect((await run(serveMysql(state), { query: 'SELECT n' })).observed).toMatchObject({ rows: 2, first: '12' });
    const failing: FakeMysqlState = { password, answer: () => ({ error: 1146, text: "Table 'shop.t' doesn't exist" }) };
    expect(await told(serveMysql(failing), { query: 'x' })).toBe(
      "the query failed: Table 'shop.t' doesn't exist (1146)",
    );
    const curious: FakeMysqlState = { password, answer: () => [Buffer.from('\xfb/etc/passwd', 'latin1')] };
    expect(await told(serveMysql(curious), { query: 'x' })).toBe('127.0.0.1:PORT asked for a file of this machine');
  });

  it('reads no more than its bound', async () => {
    const wide = 'x'.repeat(60_000);
    const state: FakeMysqlState = { password, answer: () => Array.from({ length: 50 }, () => [wide]) };
    expect(await told(serveMysql(state), { query: 'x' })).toBe('127.0.0.1:PORT sent more than 1024 KiB');
  });
});

describe('what is no MySQL server', () => {
  const packet = (body: Buffer): Buffer => Buffer.concat([Buffer.from([body.length, 0, 0, 0]), body]);

  it('is told so, within time and bounds', async () => {
    expect(await told(() => undefined, {}, { timeoutMs: 200 })).toBe(
      'connected to 127.0.0.1:PORT, but the greeting did not come within 200 ms',
    );
    const foreign = '127.0.0.1:PORT does not speak the MySQL protocol';
    expect(await told((socket) => socket.write('220 mail.test ESMTP\r\n'))).toBe(foreign);
    expect(await told((socket) => socket.write(packet(Buffer.from([10]))))).toBe(foreign);
    expect(await told((socket) => socket.write(packet(Buffer.from('\x0a8.0\0short', 'latin1'))))).toBe(foreign);
    expect(await told((socket) => socket.write(packet(mysqlError(1040, 'Too many connections', false))))).toBe(
      '127.0.0.1:PORT refuses connections: Too many connections (1040)',
    );
    expect(await told((socket) => socket.end())).toMatch(/closed the connection before the greeting came|reset/);
    const dripping = (socket: Socket): void => {
      const timer = setInterval(() => socket.write(Buffer.from([0])), 20);
      socket.on('close', () => clearInterval(timer));
    };
    expect(await told(dripping, {}, { timeoutMs: 300 })).toMatch(/does not speak|did not come within/);
  });

  it('and stands where checks may not go is not asked', async () => {
    const config = { host: '169.254.169.254', username: 'alice' };
    expect((await runOnce('mysql', config)).error?.code).toBe('forbidden-address');
    const inside = await runOnce('mysql', { ...config, host: '127.0.0.1' }, { allowPrivateNetworks: false });
    expect(inside.error?.code).toBe('forbidden-address');
  });
});
