import { createServer as createTlsServer } from 'node:tls';
import type { AddressInfo, Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { createAuthority } from '../../harness/certificates.ts';
import { openFakeInternet } from '../../harness/fake-internet.ts';
import { type FakeRedisState, serveRedis } from '../../harness/fake-redis.ts';
import { waitUntil } from '../../harness/wait-until.ts';
import { runOnce, type TestRun } from './check-environment.ts';

const internet = openFakeInternet();
const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  await Promise.all(closing.splice(0).map((close) => close()));
  await internet.close();
});

const run = async (
  onSocket: (socket: Socket) => void,
  config: object = {},
  options: TestRun = {},
): ReturnType<typeof runOnce> => {
  const server = await internet.tcp(onSocket);
  const outcome = await runOnce('redis', { host: '127.0.0.1', port: server.port, ...config }, options);
  await waitUntil('every connection is closed', () => server.openSockets() === 0);
  return JSON.parse(JSON.stringify(outcome).replaceAll(`:${server.port}`, ':PORT')) as typeof outcome;
};
const told = async (...given: Parameters<typeof run>): Promise<unknown> => (await run(...given)).error;

describe('a Redis check', () => {
  it('pings, with the phases that it went through', async () => {
    const heard: string[][] = [];
    const outcome = await run(serveRedis({ heard }));
    expect(outcome).toMatchObject({ ok: true, observed: { peer: '127.0.0.1:PORT', answer: 'PONG' } });
    expect(outcome.phases?.connectMs).toBeGreaterThanOrEqual(0);
    expect(outcome.phases?.firstByteMs).toBeGreaterThan(0);
    expect(heard).toEqual([['PING']]);
  });

  it('logs in, chooses the database, and judges the answer of any command', async () => {
    const heard: string[][] = [];
    const state: FakeRedisState = {
      logins: ['alice:hunter22'],
      heard,
      reply: ([name, key]) =>
        name === 'LLEN' ? ':12\r\n' : name === 'GET' ? (key === 'gone' ? '$-1\r\n' : '$4\r\nné1\r\n') : undefined,
    };
    const login = { username: 'alice', password: '${env:P}', database: 3 };
    const secrets = { 'env:P': 'hunter22' };
    const ask = (command: string[], expected?: object): Promise<unknown> =>
      told(serveRedis(state), { ...login, command, ...(expected ? { expect: expected } : {}) }, { secrets });
    expect(await ask(['LLEN', 'jobs'], { is: 'below', value: 20 })).toBeUndefined();
    expect(heard).toEqual([
      ['AUTH', 'alice', 'hunter22'],
      ['SELECT', '3'],
      ['LLEN', 'jobs'],
    ]);
    expect(await ask(['LLEN', 'jobs'], { is: 'below', value: 10 })).toEqual({
      code: 'assertion-failed',
      message: 'the answer to LLEN jobs is 12, expected below 10',
    });
    expect(await ask(['GET', 'gone'], { is: 'equals', value: 'x' })).toMatchObject({
      message: 'the answer to GET gone is nothing at all',
    });
    expect(await ask(['GET', 'there'])).toBeUndefined();
    expect(await ask(['NOPE'])).toEqual({
      code: 'bad-answer',
      message: "127.0.0.1:PORT answered NOPE with an error: ERR unknown command 'NOPE'",
    });
  });

  it('reads lists, also nested ones, up to a bound', async () => {
    const nested = serveRedis({ reply: () => '*2\r\n*2\r\n$1\r\na\r\n:1\r\n$-1\r\n' });
    const outcome = await run(nested, { command: ['ROLE'], expect: { is: 'matches', value: '^a\\n1' } });
    expect(outcome).toMatchObject({ ok: true, observed: { answer: 'a\n1\n' } });
    expect(await told(serveRedis({ reply: () => '*1\r\n'.repeat(50) }))).toMatchObject({
      message: '127.0.0.1:PORT sent a list of more than 1000 values or 4 levels',
    });
    expect(await told(serveRedis({ reply: () => '*100000000\r\n' }))).toMatchObject({ code: 'bad-answer' });
  });

  it('tells a refused login, never with the password', async () => {
    const secrets = { 'env:P': 'not-the-one' };
    const wrong = await run(serveRedis({ logins: ['default:x'] }), { password: '${env:P}' }, { secrets });
    expect(wrong.error).toEqual({
      code: 'bad-answer',
      message:
        '127.0.0.1:PORT refused the login: WRONGPASS invalid username-password pair or user is disabled (default:[secret]).',
    });
    expect(JSON.stringify(wrong)).not.toContain('not-the-one');
    expect(await told(serveRedis({ logins: ['default:x'] }))).toMatchObject({
      message: '127.0.0.1:PORT answered PING with an error: NOAUTH Authentication required.',
    });
    expect(await told(serveRedis({}), { password: '${env:GONE}' })).toMatchObject({ code: 'secret-missing' });
    expect(await told(serveRedis({ databases: 1 }), { database: 5 })).toMatchObject({
      message: '127.0.0.1:PORT has no database 5: ERR DB index is out of range',
    });
  });

  it('speaks TLS where that is asked for', async () => {
    const now = Date.now();
    const authority = createAuthority('Example Authority');
    const server = createTlsServer(authority.issue(['127.0.0.1'], now - 86_400_000, now + 86_400_000), serveRedis({}));
    await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
    closing.push(() => new Promise((resolve) => void server.close(() => resolve())));
    const { port } = server.address() as AddressInfo;
    const config = { host: '127.0.0.1', port, tls: true, caCertificate: '${file:/ca}' };
    const outcome = await runOnce('redis', config, { secrets: { 'file:/ca': authority.cert } });
    expect(outcome).toMatchObject({ ok: true, observed: { answer: 'PONG' } });
    expect(outcome.phases?.tlsMs).toBeGreaterThan(0);
    expect(await told(serveRedis({}), { tls: true }, { timeoutMs: 300 })).toMatchObject({
      message: expect.stringMatching(/TLS/),
    });
  });
});

describe('what is no Redis server', () => {
  it.each([
    [
      'hangs',
      () => undefined,
      'timeout',
      'connected to 127.0.0.1:PORT, but the answer to PING did not come within 200 ms',
    ],
    [
      'closes',
      (socket: Socket) => socket.end(),
      'closed-early',
      /closed the connection before the answer to PING came|reset/,
    ],
    [
      'says something else',
      (socket: Socket) => socket.write('220 hello\r\n'),
      'bad-answer',
      '127.0.0.1:PORT does not speak the Redis protocol',
    ],
    [
      'announces nonsense',
      (socket: Socket) => socket.write('$abc\r\n'),
      'bad-answer',
      '127.0.0.1:PORT does not speak the Redis protocol',
    ],
    [
      'announces gigabytes',
      (socket: Socket) => {
        socket.write('$999999999\r\n');
        const pour = (): void => {
          while (!socket.destroyed && socket.write(Buffer.alloc(65_536, 'x')));
        };
        socket.on('drain', pour);
        pour();
      },
      'bad-answer',
      '127.0.0.1:PORT sent more than 1024 KiB',
    ],
    [
      'never ends its line',
      (socket: Socket) => socket.write('+'.repeat(20_000)),
      'bad-answer',
      '127.0.0.1:PORT sent the answer to PING of more than 8192 bytes',
    ],
    [
      'drips',
      (socket: Socket) => {
        const timer = setInterval(() => socket.write('+'), 20);
        socket.on('close', () => clearInterval(timer));
      },
      'timeout',
      'connected to 127.0.0.1:PORT, but the answer to PING did not come within 200 ms',
    ],
  ] as const)('and %s is told so, within time and bounds', async (_name, behave, code, message) => {
    const outcome = await run(behave, {}, { timeoutMs: code === 'timeout' ? 200 : 5000 });
    expect(outcome.error?.message).toMatch(
      message instanceof RegExp ? message : new RegExp(`^${message.replaceAll('.', '\\.')}$`),
    );
    expect(outcome.error?.code).toMatch(code === 'closed-early' ? /closed-early|reset/ : code);
  });

  it('and stands where checks may not go is not asked', async () => {
    expect((await runOnce('redis', { host: '169.254.169.254' })).error?.code).toBe('forbidden-address');
    const inside = await runOnce('redis', { host: '127.0.0.1' }, { allowPrivateNetworks: false });
    expect(inside.error?.code).toBe('forbidden-address');
  });
});
