import { createServer as createTlsServer } from 'node:tls';
import type { AddressInfo, Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { createAuthority } from '../../harness/certificates.ts';
import { openFakeInternet } from '../../harness/fake-internet.ts';
import { serverFrame, serveWebSocket } from '../../harness/fake-websocket.ts';
import { waitUntil } from '../../harness/wait-until.ts';
import { runOnce, type TestRun } from './check-environment.ts';

const internet = openFakeInternet();
const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  await Promise.all(closing.splice(0).map((close) => close()));
  await internet.close();
});

const open = async (...given: Parameters<typeof serveWebSocket>): Promise<number> =>
  (await internet.tcp(serveWebSocket(...given))).port;

const ask = async (port: number, config: object = {}, options: TestRun = {}): ReturnType<typeof runOnce> => {
  const outcome = await runOnce('websocket', { url: `ws://127.0.0.1:${port}/live?x=1`, ...config }, options);
  return JSON.parse(JSON.stringify(outcome).replaceAll(String(port), 'PORT')) as typeof outcome;
};

describe('a WebSocket check', () => {
  it('shakes hands, and takes its leave', async () => {
    const headers: Record<string, string>[] = [];
    const closed: number[] = [];
    const port = await open({
      onOpen: (client) => headers.push(client.headers),
      onClose: (code) => closed.push(code),
      subprotocol: 'chat',
    });
    const config = { headers: { 'X-Key': '${env:T}' }, bearer: '${env:T}', subprotocol: 'chat' };
    const outcome = await ask(port, config, { secrets: { 'env:T': 'hunter22' } });
    expect(outcome).toMatchObject({ ok: true, observed: { peer: '127.0.0.1:PORT' } });
    expect(outcome.phases?.firstByteMs).toBeGreaterThan(0);
    expect(headers).toMatchObject([
      { authorization: 'Bearer hunter22', 'x-key': 'hunter22', host: `127.0.0.1:${port}` },
    ]);
    await waitUntil('the server heard the farewell', () => closed.length === 1);
    expect(closed).toEqual([1000]);
    expect((await ask(port, { subprotocol: 'other' })).error).toEqual({
      code: 'assertion-failed',
      message: '127.0.0.1:PORT did not agree to the subprotocol other',
    });
  });

  it('sends a message, answers pings, and waits for the message that is expected', async () => {
    const messages: string[] = [];
    const pongs: string[] = [];
    const long = 'ü'.repeat(40_000);
    const port = await open({
      onPong: (text) => pongs.push(text),
      onMessage(text, client) {
        messages.push(text);
        client.ping('are you there');
        client.send('welcome');
        client.send('{"sub', 'scribed":', 'true}');
        client.send(`${text.length} ${long}`);
      },
    });
    const send = 'y'.repeat(200);
    const outcome = await ask(port, { send, expect: { is: 'equals', value: '{"subscribed":true}' } });
    expect(outcome).toMatchObject({ ok: true, observed: { message: '{"subscribed":true}' } });
    expect(messages).toEqual([send]);
    await waitUntil('the pong came', () => pongs.length === 1);
    expect(pongs).toEqual(['are you there']);
    const secrets = { 'env:BIG': 'z'.repeat(70_000) };
    const big = await ask(port, { send: '${env:BIG}', expect: { is: 'contains', value: '70000 ü' } }, { secrets });
    expect(big.error).toBeUndefined();
    const wanted = { send: 'a', expect: { is: 'contains', value: 'never' } };
    const missing = await ask(port, wanted, { timeoutMs: 300 });
    expect(missing.error).toEqual({
      code: 'timeout',
      message: 'connected to 127.0.0.1:PORT, but a message as expected did not come within 300 ms',
    });
    expect(missing.observed?.['message']).toMatch(/^1 ü/);
  });

  it('tells a close with its reason, and hides what the server repeats of a secret', async () => {
    const port = await open({ onOpen: (client) => client.close(1011, 'token hunter22 unknown') });
    const config = { bearer: '${env:T}', expect: { is: 'contains', value: 'x' } };
    const outcome = await ask(port, config, { secrets: { 'env:T': 'hunter22' } });
    expect(outcome.error).toEqual({
      code: 'closed-early',
      message: '127.0.0.1:PORT closed the WebSocket before a message as expected came (1011 token [secret] unknown)',
    });
    const broken = await ask(port, config, { secrets: { 'env:T': 'a\r\nx: y' } });
    expect(broken.error?.code).toBe('config-invalid');
  });

  it('connects over TLS', async () => {
    const now = Date.now();
    const authority = createAuthority('Example Authority');
    const made = authority.issue(['127.0.0.1'], now - 86_400_000, now + 86_400_000);
    const server = createTlsServer(made, serveWebSocket({ onOpen: (client) => client.send('hello') }));
    await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
    closing.push(() => new Promise((resolve) => void server.close(() => resolve())));
    const { port } = server.address() as AddressInfo;
    const expected = { is: 'equals', value: 'hello' };
    const config = { url: `wss://127.0.0.1:${port}/`, caCertificate: '${file:/ca}', expect: expected };
    const outcome = await ask(port, config, { secrets: { 'file:/ca': authority.cert } });
    expect(outcome.error).toBeUndefined();
    expect(outcome.phases?.tlsMs).toBeGreaterThan(0);
  });
});

describe('a WebSocket check of other servers', () => {
  /** Agrees to the handshake, and then sends raw bytes. */
  const agreeing = (...frames: Buffer[]): ((socket: Socket) => void) =>
    serveWebSocket({ onOpen: (client) => client.raw(Buffer.concat(frames)) });
  const answering =
    (text: string) =>
    (socket: Socket): void =>
      void socket.once('data', () => socket.write(text));
  const told = async (onSocket: (socket: Socket) => void, config: object = {}, timeoutMs = 5000): Promise<unknown> => {
    const host = await internet.tcp(onSocket);
    const { error } = await ask(host.port, config, { timeoutMs });
    await waitUntil('every connection is closed', () => host.openSockets() === 0);
    return error?.message ?? 'satisfied';
  };

  it('tells who does not agree to the handshake', async () => {
    expect(await told(answering('HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n'))).toBe(
      '127.0.0.1:PORT refused the handshake: status 404, expected 101',
    );
    expect(await told(answering('HTTP/1.1 101 OK\r\nupgrade: websocket\r\nsec-websocket-accept: wrong\r\n\r\n'))).toBe(
      '127.0.0.1:PORT agreed to the handshake without the right words',
    );
    expect(await told(answering('220 mail.test\r\n'))).toMatch(/^the answer is not valid HTTP: it begins with "220 m/);
    expect(await told(answering('HTTP/1.1 200 OK\r\n'), {}, 200)).toBe(
      'connected to 127.0.0.1:PORT, but the answer to the handshake did not come within 200 ms',
    );
    expect(await told(answering(`HTTP/1.1 101 X\r\n${'x-filler: y\r\n'.repeat(20_000)}`))).toBe(
      '127.0.0.1:PORT sent the answer to the handshake of more than 65536 bytes',
    );
    expect(await told((socket) => socket.end())).toMatch(/closed the connection before|reset/);
  });

  it('tells frames that break the protocol, and reads no endless message', async () => {
    const wanted = { expect: { is: 'equals', value: 'x' } };
    const broken = '127.0.0.1:PORT sent a frame that breaks the WebSocket protocol';
    expect(await told(agreeing(Buffer.from([0xc1, 0])), wanted)).toBe(broken);
    expect(await told(agreeing(Buffer.from([0x81, 0x81, 1, 2, 3, 4, 5])), wanted)).toBe(broken);
    expect(await told(agreeing(Buffer.from([0x09, 0])), wanted)).toBe(broken);
    expect(await told(agreeing(Buffer.from([0x80, 1, 65])), wanted)).toBe(broken);
    expect(await told(agreeing(Buffer.from([0x83, 1, 65])), wanted)).toBe(broken);
    expect(await told(agreeing(Buffer.from([0x81, 127, 0, 0, 0, 1, 0, 0, 0, 0])), wanted)).toBe(
      '127.0.0.1:PORT sent a message of more than 256 KiB',
    );
    const more = serverFrame(0x00, Buffer.alloc(0x8000));
    expect(
      await told(agreeing(serverFrame(0x01, Buffer.alloc(0x8000)), ...Array.from({ length: 10 }, () => more)), wanted),
    ).toBe('127.0.0.1:PORT sent a message of more than 256 KiB');
    const other = Buffer.from([0x81, 1, 65]);
    expect(await told(agreeing(...Array.from({ length: 150 }, () => other)), wanted)).toBe(
      'none of the first 100 messages is as expected',
    );
  });

  it('goes where checks may go only', async () => {
    const url = 'ws://169.254.169.254/';
    expect((await runOnce('websocket', { url })).error?.code).toBe('forbidden-address');
    const inside = await runOnce('websocket', { url: 'ws://127.0.0.1/' }, { allowPrivateNetworks: false });
    expect(inside.error?.code).toBe('forbidden-address');
  });
});
