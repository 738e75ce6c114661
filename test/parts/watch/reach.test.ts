import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createHostResolver, type ResolveHost } from '../../../src/watch/checks/resolve-host.ts';
import { openFakeInternet } from '../../harness/fake-internet.ts';
import { runOnce } from './check-environment.ts';

const internet = openFakeInternet();
let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hugops-names-'));
  await writeFile(
    join(folder, 'hosts'),
    '# names\n127.0.0.1 listed.test other.test # both\n\n::1 listed.test\nnonsense line\n',
  );
});
afterEach(() => internet.close());
afterAll(() => rm(folder, { recursive: true }));

const resolverAt = (server: string): ResolveHost =>
  createHostResolver({ servers: [server], hostsFile: join(folder, 'hosts'), askSystem: false });

describe('where a check may go', () => {
  it.each([
    'http://169.254.169.254/latest/meta-data',
    'http://[fe80::1]/',
    'http://[fd00:ec2::254]/',
    'http://[::ffff:169.254.169.254]/',
    'http://2852039166/',
    'http://0xa9fea9fe/',
  ])('never to %s', async (url) => {
    const outcome = await runOnce('http', { url });
    expect(outcome.error?.code).toBe('forbidden-address');
    expect(outcome.error?.message).toMatch(/is a link-local or cloud metadata address, where checks may never go$/);
    expect(outcome.phases?.connectMs).toBeUndefined();
  });

  it('not by resolve-to, a redirect or a name either', async () => {
    const pinned = await runOnce('http', { url: 'http://service.test/', resolveTo: '169.254.169.254' });
    expect(pinned.error?.code).toBe('forbidden-address');
    const host = await internet.http((_request, response) =>
      response.writeHead(302, { location: 'http://169.254.169.254/latest' }).end(),
    );
    expect((await runOnce('http', { url: host.url })).error?.code).toBe('forbidden-address');
    const names = await internet.names(() => ['169.254.169.254']);
    const named = await runOnce(
      'tcp',
      { host: 'innocent.test', port: 80, addressFamily: '4' },
      { resolveHost: resolverAt(names.server) },
    );
    expect(named.error?.message).toMatch(/^innocent\.test \(169\.254\.169\.254\) is a link-local/);
  });

  it('connects to the address that was judged, whatever the name says next (rebinding)', async () => {
    const host = await internet.http();
    let questions = 0;
    const names = await internet.names((_name, type) => {
      if (type === 'AAAA') return [];
      return questions++ === 0 ? ['127.0.0.1'] : ['169.254.169.254'];
    });
    const url = `http://rebind.test:${host.port}/`;
    const resolveHost = resolverAt(names.server);
    const first = await runOnce('http', { url }, { resolveHost });
    expect(first).toMatchObject({ ok: true, observed: { peer: `127.0.0.1:${host.port}` } });
    expect(questions).toBe(1);
    expect((await runOnce('http', { url }, { resolveHost })).error?.code).toBe('forbidden-address');
  });

  it('to private networks only where that is allowed', async () => {
    const host = await internet.http();
    const outcome = await runOnce('http', { url: host.url }, { allowPrivateNetworks: false });
    expect(outcome.error).toEqual({
      code: 'forbidden-address',
      message: '127.0.0.1 is in a private network, where this installation forbids checks',
    });
    expect(host.heard).toEqual([]);
  });

  it('leaves forbidden addresses out and uses the others of a name', async () => {
    const host = await internet.http();
    const names = await internet.names((_name, type) => (type === 'A' ? ['169.254.169.254', '127.0.0.1'] : []));
    const outcome = await runOnce(
      'http',
      { url: `http://mixed.test:${host.port}/` },
      { resolveHost: resolverAt(names.server) },
    );
    expect(outcome).toMatchObject({ ok: true, observed: { peer: `127.0.0.1:${host.port}` } });
  });
});

describe('names', () => {
  const addresses = (
    resolve: ResolveHost,
    name: string,
    family: 'any' | '4' | '6' = 'any',
  ): Promise<readonly string[]> => resolve(name, family, new AbortController().signal);

  it('come from the hosts file first, then from DNS, IPv4 and IPv6 in turn', async () => {
    const names = await internet.names((_name, type) =>
      type === 'A' ? ['192.0.2.1', '192.0.2.2'] : ['2001:db8:0:0:0:0:0:1'],
    );
    const resolve = resolverAt(names.server);
    expect(await addresses(resolve, 'LISTED.test')).toEqual(['127.0.0.1', '::1']);
    expect(await addresses(resolve, 'listed.test', '6')).toEqual(['::1']);
    expect(await addresses(resolve, 'localhost')).toEqual(['127.0.0.1', '::1']);
    expect(await addresses(resolve, '[2001:db8::7]')).toEqual(['2001:db8::7']);
    expect(names.asked).toEqual([]);
    expect(await addresses(resolve, 'www.test')).toEqual(['192.0.2.1', '2001:db8::1', '192.0.2.2']);
    expect(await addresses(resolve, 'www.test', '4')).toEqual(['192.0.2.1', '192.0.2.2']);
    expect(names.asked.sort()).toEqual(['A www.test', 'A www.test', 'AAAA www.test']);
  });

  it('are asked once for all that wait, and do not wait for an unanswered AAAA', async () => {
    const names = await internet.names((_name, type) => (type === 'A' ? ['192.0.2.1'] : 'silence'));
    const resolve = resolverAt(names.server);
    const startedAt = performance.now();
    const all = await Promise.all(Array.from({ length: 50 }, () => addresses(resolve, 'busy.test')));
    expect(all.every((found) => found.join() === '192.0.2.1')).toBe(true);
    expect(performance.now() - startedAt).toBeLessThan(1500);
    expect(names.asked.filter((question) => question === 'A busy.test')).toHaveLength(1);
  });

  it('that fail say how', async () => {
    const names = await internet.names((name) =>
      name === 'gone.test' ? undefined : name === 'bare.test' ? [] : 'fail',
    );
    const resolveHost = resolverAt(names.server);
    const told = async (host: string, addressFamily = 'any'): Promise<unknown> =>
      (await runOnce('tcp', { host, port: 80, addressFamily }, { resolveHost })).error;
    expect(await told('gone.test')).toEqual({ code: 'dns-not-found', message: 'the name gone.test does not exist' });
    expect(await told('bare.test')).toEqual({ code: 'dns-not-found', message: 'the name bare.test has no address' });
    expect(await told('bare.test', '6')).toEqual({
      code: 'dns-not-found',
      message: 'the name bare.test has no IPv6 address',
    });
    expect(await told('sick.test')).toEqual({
      code: 'dns-failed',
      message: 'the name sick.test could not be resolved: the name server reports a failure of its own',
    });
    expect(await told('127.0.0.1', '6')).toEqual({ code: 'dns-not-found', message: '127.0.0.1 has no IPv6 address' });
  });

  it('that hang end at the time-out', async () => {
    const names = await internet.names(() => 'silence');
    const outcome = await runOnce(
      'tcp',
      { host: 'mute.test', port: 80 },
      { resolveHost: resolverAt(names.server), timeoutMs: 200 },
    );
    expect(outcome.error).toEqual({
      code: 'timeout',
      message: 'no address for mute.test:80 within 200 ms: the name servers did not answer',
    });
  });
});

describe('a TCP check', () => {
  it('connects, and hangs up', async () => {
    const host = await internet.tcp(() => undefined);
    const outcome = await runOnce('tcp', { host: '127.0.0.1', port: host.port });
    expect(outcome).toMatchObject({ ok: true, observed: { peer: `127.0.0.1:${host.port}` } });
    expect(outcome.phases?.connectMs).toBeGreaterThan(0);
  });

  it('tries every address of a name', async () => {
    const host = await internet.http();
    const names = await internet.names((_name, type) => (type === 'A' ? ['127.0.0.9', '127.0.0.1'] : []));
    const resolveHost = resolverAt(names.server);
    const outcome = await runOnce('tcp', { host: 'two.test', port: host.port }, { resolveHost });
    expect(outcome).toMatchObject({ ok: true, observed: { peer: `127.0.0.1:${host.port}` } });
    const closed = await internet.closedPort();
    const refused = await runOnce('tcp', { host: 'two.test', port: closed }, { resolveHost });
    expect(refused.error).toEqual({
      code: 'refused',
      message: `connection refused by 127.0.0.9:${closed}; connection refused by 127.0.0.1:${closed}`,
    });
  });

  it('expects a greeting, also after asking for it', async () => {
    const host = await internet.tcp((socket) => {
      socket.on('data', (bytes) => socket.write(`+${bytes.toString().trim()} PONG\r\n`));
    });
    const target = { host: '127.0.0.1', port: host.port };
    expect(await runOnce('tcp', { ...target, send: 'PING\r\n', expect: 'PONG' })).toMatchObject({ ok: true });
    const wrong = await runOnce('tcp', { ...target, send: 'a', expect: 'OK' }, { timeoutMs: 200 });
    expect(wrong.error?.code).toBe('timeout');
    const closing = await internet.tcp((socket) => socket.end('-ERR sorry\r\n'));
    const refused = await runOnce('tcp', { host: '127.0.0.1', port: closing.port, expect: '+OK' });
    expect(refused.error).toEqual({
      code: 'assertion-failed',
      message: `127.0.0.1:${closing.port} sent only "-ERR sorry\\r\\n", expected "+OK"`,
    });
  });

  it('reads no more than its bound from a host that never stops', async () => {
    const host = await internet.tcp((socket) => {
      const pour = (): void => {
        while (!socket.destroyed && socket.write(Buffer.alloc(65_536, 'x')));
      };
      socket.on('drain', pour);
      pour();
    });
    const outcome = await runOnce('tcp', { host: '127.0.0.1', port: host.port, expect: 'y' });
    expect(outcome.error?.code).toBe('assertion-failed');
  });
});
