import type { IncomingHttpHeaders, ServerHttp2Stream } from 'node:http2';
import type { Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { createAuthority } from '../../harness/certificates.ts';
import { openFakeInternet } from '../../harness/fake-internet.ts';
import { type FakeHttp2, startHttp2 } from '../../harness/fake-http2.ts';
import { waitUntil } from '../../harness/wait-until.ts';
import { runOnce, type TestRun } from './check-environment.ts';

const internet = openFakeInternet();
const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  await Promise.all(closing.splice(0).map((close) => close()));
  await internet.close();
});

const open = async (...given: Parameters<typeof startHttp2>): Promise<FakeHttp2> => {
  const server = await startHttp2(...given);
  closing.push(() => server.close());
  return server;
};
const ask = async (port: number, config: object = {}, options: TestRun = {}): ReturnType<typeof runOnce> => {
  const outcome = await runOnce('grpc', { host: '127.0.0.1', port, tls: false, ...config }, options);
  return JSON.parse(JSON.stringify(outcome).replaceAll(String(port), 'PORT')) as typeof outcome;
};

const framed = (message: number[]): Buffer => Buffer.from([0, 0, 0, 0, message.length, ...message]);
const grpc = { ':status': 200, 'content-type': 'application/grpc' };

/** The health service: `states` by service name; a name that is missing is NOT_FOUND. */
const health =
  (states: Record<string, number>, heard: IncomingHttpHeaders[] = []) =>
  (stream: ServerHttp2Stream, headers: IncomingHttpHeaders): void => {
    heard.push(headers);
    const chunks: Buffer[] = [];
    stream.on('data', (bytes: Buffer) => chunks.push(bytes));
    stream.on('end', () => {
      const request = Buffer.concat(chunks);
      const state = states[request.toString('utf8', 7)];
      if (headers[':path'] !== '/grpc.health.v1.Health/Check') {
        return stream.respond({ ...grpc, 'grpc-status': 12 }, { endStream: true });
      }
      if (state === undefined) {
        return stream.respond({ ...grpc, 'grpc-status': 5, 'grpc-message': 'unknown%20service' }, { endStream: true });
      }
      stream.respond(grpc, { waitForTrailers: true });
      stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }));
      stream.end(framed(state === 0 ? [] : [8, state]));
    });
  };

describe('a gRPC check', () => {
  it('asks the health service of the server, or of one service', async () => {
    const heard: IncomingHttpHeaders[] = [];
    const server = await open(health({ '': 1, 'shop.v1.Cart': 1, old: 2, odd: 3, unset: 0 }, heard));
    const outcome = await ask(server.port, { metadata: { 'X-Key': '${env:K}' } }, { secrets: { 'env:K': 'k-123' } });
    expect(outcome).toMatchObject({ ok: true, observed: { peer: '127.0.0.1:PORT' } });
    expect(outcome.phases?.firstByteMs).toBeGreaterThan(0);
    expect(heard[0]).toMatchObject({
      ':method': 'POST',
      'content-type': 'application/grpc',
      te: 'trailers',
      'grpc-timeout': '5000m',
      'x-key': 'k-123',
    });
    expect((await ask(server.port, { service: 'shop.v1.Cart' })).ok).toBe(true);
    const told = async (service: string): Promise<unknown> => (await ask(server.port, { service })).error;
    expect(await told('old')).toEqual({
      code: 'assertion-failed',
      message: 'the service old is NOT_SERVING, expected SERVING',
    });
    expect(await told('odd')).toMatchObject({ message: 'the service odd is SERVICE_UNKNOWN, expected SERVING' });
    expect(await told('unset')).toMatchObject({ message: 'the service unset is UNKNOWN, expected SERVING' });
    expect(await told('gone')).toEqual({
      code: 'assertion-failed',
      message: '127.0.0.1:PORT knows no service "gone" (NOT_FOUND)',
    });
    await waitUntil('every connection is closed', () => server.openSockets() === 0);
  });

  it('speaks TLS, for the name that the certificate must have', async () => {
    const now = Date.now();
    const authority = createAuthority('Example Authority');
    const server = await open(health({ '': 1 }), authority.issue(['api.test'], now - 86_400_000, now + 86_400_000));
    const config = { tls: true, serverName: 'api.test', caCertificate: '${file:/ca}' };
    const secrets = { 'file:/ca': authority.cert };
    expect((await ask(server.port, config, { secrets })).error).toBeUndefined();
    const { serverName: _, ...unnamed } = config;
    expect((await ask(server.port, unnamed, { secrets })).error?.code).toBe('certificate-invalid');
    const old = await internet.https(authority.issue(['127.0.0.1'], now - 86_400_000, now + 86_400_000));
    expect((await ask(old.port, unnamed, { secrets })).error?.message).toMatch(
      /does not speak HTTP\/2, which gRPC needs$|offers TLS, but not for this protocol$/,
    );
  });

  it('tells errors of gRPC by name, and no secret that the server repeats', async () => {
    const server = await open((stream, headers) => {
      const message = `no%20such%20key%3A%20${String(headers['x-key'] ?? '')}`;
      stream.respond(
        { ...grpc, 'grpc-status': headers['x-key'] === undefined ? 14 : 16, 'grpc-message': message },
        { endStream: true },
      );
    });
    const secret = await ask(server.port, { metadata: { 'x-key': '${env:K}' } }, { secrets: { 'env:K': 'hunter22' } });
    expect(secret.error?.message).toBe('127.0.0.1:PORT answered UNAUTHENTICATED: no such key: [secret]');
    expect((await ask(server.port)).error?.message).toMatch(/^127.0.0.1:PORT answered UNAVAILABLE/);
    const none = await open((stream) => stream.respond({ ...grpc, 'grpc-status': 12 }, { endStream: true }));
    expect((await ask(none.port)).error?.message).toBe('127.0.0.1:PORT offers no health service (UNIMPLEMENTED)');
    const broken = await ask(none.port, { metadata: { 'x-key': '${env:K}' } }, { secrets: { 'env:K': 'a\nb' } });
    expect(broken.error?.code).toBe('config-invalid');
  });
});

describe('a gRPC check of other servers', () => {
  const answering =
    (headers: Record<string, string | number>, body: Buffer) =>
    (stream: ServerHttp2Stream): void => {
      stream.respond({ ...grpc, ...headers }, { waitForTrailers: true });
      stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }));
      stream.end(body);
    };
  const told = async (...given: Parameters<typeof answering>): Promise<unknown> =>
    (await ask((await open(answering(...given))).port)).error?.message ?? 'satisfied';

  it('skips fields that it does not know, and tells what is no answer', async () => {
    // Unknown fields of every wire type stand around the status.
    const around = [0x12, 2, 65, 66, 0x19, 1, 2, 3, 4, 5, 6, 7, 8, 0x25, 1, 2, 3, 4, 8, 1, 0x28, 0xff, 0x01];
    expect(await told({}, framed(around))).toBe('satisfied');
    const noHealth = '127.0.0.1:PORT does not speak gRPC: its answer is no health';
    for (const odd of [[8], [8, 0x80], [0x12, 50, 1], [0x0b], [0x00, 1]])
      expect(await told({}, framed(odd))).toBe(noHealth);
    const noMessage = '127.0.0.1:PORT does not speak gRPC: its answer is no single message';
    for (const odd of [Buffer.alloc(0), Buffer.from([0, 0, 0, 0, 9, 8, 1]), Buffer.from([1, 0, 0, 0, 2, 8, 1])]) {
      expect(await told({}, odd)).toBe(noMessage);
    }
    expect(await told({}, Buffer.alloc(100_000))).toBe(
      '127.0.0.1:PORT does not speak gRPC: its answer is longer than 64 KiB',
    );
    expect(await told({ ':status': 502 }, Buffer.from('bad gateway'))).toBe(
      '127.0.0.1:PORT does not speak gRPC: status 502',
    );
    const web = await open((stream) => {
      stream.respond({ ':status': 200 });
      stream.end('<html>');
    });
    expect((await ask(web.port)).error?.message).toBe(
      '127.0.0.1:PORT does not speak gRPC: its answer has no grpc-status',
    );
  });

  it('ends in time, and tells who speaks no HTTP/2', async () => {
    const hanging = await open(() => undefined);
    expect((await ask(hanging.port, {}, { timeoutMs: 200 })).error?.message).toBe(
      'connected to 127.0.0.1:PORT, but no answer came within 200 ms',
    );
    const halfway = await open((stream) => {
      stream.respond(grpc);
      stream.write(Buffer.from([0, 0]));
    });
    expect((await ask(halfway.port, {}, { timeoutMs: 200 })).error?.code).toBe('timeout');
    const talking = await internet.tcp((socket: Socket) => socket.write('HTTP/1.1 400 Bad Request\r\n\r\n'));
    expect((await ask(talking.port)).error?.message).toBe('127.0.0.1:PORT does not speak HTTP/2');
    await waitUntil(
      'every connection is closed',
      () => hanging.openSockets() + halfway.openSockets() + talking.openSockets() === 0,
    );
  });

  it('goes where checks may go only', async () => {
    expect((await runOnce('grpc', { host: '169.254.169.254' })).error?.code).toBe('forbidden-address');
    const inside = await runOnce('grpc', { host: '127.0.0.1' }, { allowPrivateNetworks: false });
    expect(inside.error?.code).toBe('forbidden-address');
  });
});
