import { createHash } from 'node:crypto';
import type { Socket } from 'node:net';
import { createSecureContext, TLSSocket } from 'node:tls';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createAuthority } from '../../harness/certificates.ts';
import { openFakeInternet } from '../../harness/fake-internet.ts';
import { createDatabase, type TestDatabase, withAdmin } from '../../harness/postgres.ts';
import { waitUntil } from '../../harness/wait-until.ts';
import { runOnce, type TestRun } from './check-environment.ts';

const internet = openFakeInternet();
afterEach(() => internet.close());

describe('a PostgreSQL check of a real server', () => {
  let database: TestDatabase;
  let target = { host: '', port: 0, database: '' };
  let superuser = { username: '', password: '' };
  const role = `check_${process.pid}`;
  beforeAll(async () => {
    database = await createDatabase({ migrated: false });
    const url = new URL(database.url);
    target = { host: url.hostname, port: Number(url.port), database: database.name };
    superuser = { username: decodeURIComponent(url.username), password: decodeURIComponent(url.password) };
    await withAdmin(async (admin) => {
      await admin.query(`set password_encryption = 'scram-sha-256'`);
      await admin.query(`create role ${role} login password 'hunter 22 ü'`);
    });
  });
  afterAll(async () => {
    await database.drop();
    await withAdmin((admin) => admin.query(`drop role ${role}`));
  });
  const ask = (config: object = {}, options: TestRun = {}): ReturnType<typeof runOnce> =>
    runOnce(
      'postgres',
      { ...target, username: superuser.username, password: '${env:DB}', ...config },
      { secrets: { 'env:DB': superuser.password }, ...options },
    );

  it('logs in, asks, and tells the version', async () => {
    const outcome = await ask();
    expect(outcome.error).toBeUndefined();
    expect(outcome).toMatchObject({
      ok: true,
      observed: { rows: 1, first: '1', version: expect.stringMatching(/^\d\d/) },
    });
    expect(outcome.phases?.firstByteMs).toBeGreaterThan(0);
    const expected = { query: "select 'a|b', 2 union all select 'c', 3", expect: { is: 'equals', value: 'a|b' } };
    expect(await ask(expected)).toMatchObject({ ok: true, observed: { rows: 2, first: 'a|b' } });
  });

  it('judges the first value', async () => {
    const told = async (query: string, is: string, value: string | number): Promise<unknown> =>
      (await ask({ query, expect: { is, value } })).error?.message;
    expect(await told('select 12', 'below', 20)).toBeUndefined();
    expect(await told('select 12', 'below', 10)).toBe('the first value is 12, expected below 10');
    expect(await told("select 'soon'", 'above', 1)).toBe('the first value is "soon", expected a number above 1');
    expect(await told('select null', 'equals', 'x')).toBe('the first value is NULL, expected a value');
    expect(await told('select 1 where false', 'equals', 'x')).toBe('the query found no row, expected a value');
    expect(await told('select', 'equals', 'x')).toBe('the first value is NULL, expected a value');
  });

  it('tells what the server says of a query, and changes nothing', async () => {
    const told = async (query: string): Promise<unknown> => (await ask({ query })).error;
    expect(await told('select * from nowhere')).toEqual({
      code: 'assertion-failed',
      message: 'the query failed: relation "nowhere" does not exist (42P01)',
    });
    expect(await told('create table t (a int)')).toMatchObject({
      message: 'the query failed: cannot execute CREATE TABLE in a read-only transaction (25006)',
    });
    expect(await told('select 1 / (x - 5) from generate_series(1, 9) x')).toMatchObject({
      message: 'the query failed: division by zero (22012)',
    });
    expect(await told('copy (select 1) to stdout')).toMatchObject({
      message: 'the query failed: COPY is no query that a check can make',
    });
  });

  it('ends a query at the time-out, also on the server', async () => {
    const outcome = await ask({ query: 'select pg_sleep(60)' }, { timeoutMs: 700 });
    expect(outcome.error?.message).toMatch(
      /^connected to .*, but the answer to the query did not come within 700 ms$|statement timeout/,
    );
    const running = async (): Promise<number> => {
      let count = -1;
      await withAdmin(async (admin) => {
        const found = await admin.query<{ n: number }>(
          `select count(*)::int as n from pg_stat_activity where datname = $1 and application_name = 'HugOps'`,
          [database.name],
        );
        count = found.rows[0]?.n ?? -1;
      });
      return count;
    };
    const until = performance.now() + 10_000;
    while ((await running()) !== 0 && performance.now() < until);
    expect(await running()).toBe(0);
  });

  it('reads no more than its bound', async () => {
    const outcome = await ask({ query: "select repeat('x', 1000) from generate_series(1, 100000)" });
    expect(outcome.error?.code).toBe('bad-answer');
    expect(outcome.error?.message).toMatch(/ sent more than 1024 KiB$/);
    const one = await ask({ query: "select repeat('x', 50000000)" });
    expect(one.error?.code).toBe('bad-answer');
  });

  it('tells a refused login, and no secret', async () => {
    const wrong = await ask({ username: role }, { secrets: { 'env:DB': 'not-the-one' } });
    expect(wrong.error?.message).toMatch(
      /refused the login: password authentication failed for user "check_\d+" \(28P01\)$/,
    );
    expect(JSON.stringify(wrong)).not.toContain('not-the-one');
    const right = await ask({ username: role }, { secrets: { 'env:DB': 'hunter 22 ü' } });
    expect(right.error).toBeUndefined();
    const { password: _, ...none } = { ...target, username: role, password: '' };
    expect((await runOnce('postgres', none)).error?.message).toMatch(/wants a password, and none is given$/);
    expect((await ask({ database: 'not_there' })).error?.message).toMatch(
      /refused the login: database "not_there" does not exist \(3D000\)$/,
    );
    expect((await ask({ tls: true })).error?.message).toMatch(/offers no TLS$/);
  });
});

const packet = (type: string, body: Buffer | string): Buffer => {
  const bytes = typeof body === 'string' ? Buffer.from(body, 'latin1') : body;
  const head = Buffer.alloc(5);
  head.write(type, 'latin1');
  head.writeUInt32BE(bytes.length + 4, 1);
  return Buffer.concat([head, bytes]);
};
const auth = (method: number, data = ''): Buffer => packet('R', `\0\0\0${String.fromCharCode(method)}${data}`);
const refusal = packet('E', 'SFATAL\0C28P01\0Mno entry: hunter22\0\0');

describe('a PostgreSQL check of other servers', () => {
  const ask = async (onSocket: (socket: Socket) => void, config: object = {}, timeoutMs = 5000): Promise<unknown> => {
    const server = await internet.tcp(onSocket);
    const outcome = await runOnce(
      'postgres',
      { host: '127.0.0.1', port: server.port, username: 'alice', password: '${env:P}', ...config },
      { secrets: { 'env:P': 'hunter22' }, timeoutMs },
    );
    await waitUntil('every connection is closed', () => server.openSockets() === 0);
    expect(JSON.stringify(outcome)).not.toContain('hunter22');
    return outcome.error?.message.replaceAll(String(server.port), 'PORT') ?? 'satisfied';
  };
  /** Plays replies, one to each thing that is heard. */
  const script =
    (...replies: (Buffer | ((heard: Buffer) => Buffer))[]) =>
    (socket: Socket): void => {
      const left = [...replies];
      socket.on('data', (heard) => {
        const next = left.shift();
        if (next) socket.write(typeof next === 'function' ? next(Buffer.from(heard)) : next);
      });
    };
  const ready = Buffer.concat([packet('S', 'server_version\x0014.1\0'), packet('Z', 'I')]);
  const answered = Buffer.concat([
    packet('T', '\0\x01a\0'),
    packet('D', '\0\x01\0\0\0\x011'),
    packet('C', 'SELECT 1\0'),
    packet('Z', 'T'),
  ]);

  it('answers MD5, and keeps a clear password for TLS', async () => {
    const inner = createHash('md5').update('hunter22alice').digest('hex');
    const expected = `md5${createHash('md5').update(inner).update('salt').digest('hex')}`;
    let heardHash = '';
    const md5 = script(
      auth(5, 'salt'),
      (heard) => {
        heardHash = heard.toString('latin1', 5).replace(/\0$/, '');
        return Buffer.concat([auth(0), ready]);
      },
      packet('Z', 'T'),
      answered,
    );
    expect(await ask(md5)).toBe('satisfied');
    expect(heardHash).toBe(expected);
    expect(await ask(script(auth(3)))).toBe(
      '127.0.0.1:PORT wants the password in the clear; HugOps sends it over TLS only',
    );
    expect(await ask(script(auth(7)))).toBe('127.0.0.1:PORT wants a way of logging in that HugOps does not know');
  });

  it('does not believe a server that cannot prove that it knows the password', async () => {
    const scram = script(
      auth(10, 'SCRAM-SHA-256\0\0'),
      (heard) => {
        const nonce = /r=([^,]+)$/.exec(heard.toString('latin1'))?.[1] ?? '';
        return auth(11, `r=${nonce}more,s=c2FsdA==,i=4096`);
      },
      Buffer.concat([auth(12, 'v=d3Jvbmc='), auth(0), ready]),
    );
    expect(await ask(scram)).toBe('127.0.0.1:PORT did not prove that it knows the password');
    const skipping = script(auth(10, 'SCRAM-SHA-256\0\0'), auth(0));
    expect(await ask(skipping)).toBe('127.0.0.1:PORT did not prove that it knows the password');
    for (const challenge of ['r=other,s=c2FsdA==,i=4096', 'junk', 'r=x,s=c2FsdA==,i=999999999']) {
      const odd = script(auth(10, 'SCRAM-SHA-256\0\0'), auth(11, challenge));
      expect(await ask(odd)).toBe('127.0.0.1:PORT sent a login challenge that makes no sense');
    }
  });

  it('tells refusals, silence, nonsense and hang-ups', async () => {
    expect(await ask(script(refusal))).toBe('127.0.0.1:PORT refused the login: no entry: [secret] (28P01)');
    expect(await ask(() => undefined, {}, 200)).toBe(
      'connected to 127.0.0.1:PORT, but the answer to the login did not come within 200 ms',
    );
    expect(await ask((socket) => socket.write('HTTP/1.1 400 Bad Request\r\n\r\n'))).toBe(
      '127.0.0.1:PORT does not speak the PostgreSQL protocol',
    );
    expect(await ask((socket) => socket.end())).toMatch(
      /closed the connection before the answer to the login came|reset/,
    );
    expect(await ask(script(auth(0), Buffer.alloc(0)), {}, 200)).toMatch(
      /the end of the login did not come within 200 ms$/,
    );
    expect(await ask(script(Buffer.from('N', 'latin1')), { tls: true })).toBe('127.0.0.1:PORT offers no TLS');
    expect(await ask(script(Buffer.from('H')), { tls: true })).toBe(
      '127.0.0.1:PORT does not speak the PostgreSQL protocol',
    );
    // A stranger in the middle could add words of their own before TLS is on (CVE-2021-23222).
    expect(await ask(script(Buffer.concat([Buffer.from('S'), auth(0)])), { tls: true })).toBe(
      '127.0.0.1:PORT sent something in the clear that belongs behind TLS',
    );
  });

  it('goes over to TLS before it says who it is, and sends a clear password there', async () => {
    const now = Date.now();
    const authority = createAuthority('Example Authority');
    const { cert, key } = authority.issue(['127.0.0.1'], now - 86_400_000, now + 86_400_000);
    const heard: string[] = [];
    const overTls = (plain: Socket): void => {
      plain.once('data', (bytes: Buffer) => {
        heard.push(bytes.toString('hex'));
        plain.pause();
        plain.write('S');
        const tls = new TLSSocket(plain, { isServer: true, secureContext: createSecureContext({ cert, key }) });
        tls.on('error', () => undefined);
        tls.on('data', (data: Buffer) => heard.push(data.toString('latin1')));
        script(auth(3), Buffer.concat([auth(0), ready]), packet('Z', 'T'), answered)(tls);
      });
    };
    const server = await internet.tcp(overTls);
    const outcome = await runOnce(
      'postgres',
      {
        host: '127.0.0.1',
        port: server.port,
        username: 'alice',
        password: '${env:P}',
        tls: true,
        caCertificate: '${file:/ca}',
      },
      { secrets: { 'env:P': 'hunter22', 'file:/ca': authority.cert } },
    );
    expect(outcome.error).toBeUndefined();
    expect(outcome.observed).toMatchObject({ rows: 1, first: '1', version: '14.1' });
    expect(heard[0]).toBe('0000000804d2162f');
    expect(heard[2]).toBe('p\0\0\0\x0dhunter22\0');
  });

  it('survives messages cut at every byte', async () => {
    const whole = Buffer.concat([auth(0), ready]);
    const dripping = (socket: Socket): void => {
      let heard = 0;
      socket.on('data', () => {
        const reply = [whole, packet('Z', 'T'), answered][heard++] ?? Buffer.alloc(0);
        const send = (at: number): void => {
          if (at >= reply.length || socket.destroyed) return;
          socket.write(reply.subarray(at, at + 1), () => setImmediate(send, at + 1));
        };
        send(0);
      });
    };
    expect(await ask(dripping)).toBe('satisfied');
  });

  it('goes where checks may go only', async () => {
    const config = { host: '169.254.169.254', username: 'alice' };
    expect((await runOnce('postgres', config)).error?.code).toBe('forbidden-address');
    const inside = await runOnce('postgres', { ...config, host: '127.0.0.1' }, { allowPrivateNetworks: false });
    expect(inside.error?.code).toBe('forbidden-address');
  });
});
