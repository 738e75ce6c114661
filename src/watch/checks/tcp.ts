import type { Socket } from 'node:net';
import { isIP } from 'node:net';
import { z } from 'zod';
import { CheckError, type CheckEnv, defineCheck, type Outcome, roundMs } from './check-kind.ts';
import { explainSocket, explainTimeout, newTrace, openSocket, type Trace } from './connect.ts';
import { createSecrets } from './secrets.ts';

const schema = z.strictObject({
  host: z
    .string()
    .regex(/^[A-Za-z0-9._:-]{1,253}$/, { error: 'write a host name or an IP address' })
    .meta({ title: 'Host', description: 'A name or an address', examples: ['db.example.com'] }),
  port: z
    .int()
    .min(1)
    .max(65_535)
    .meta({ title: 'Port', description: 'The TCP port', examples: [5432] }),
  addressFamily: z
    .enum(['any', '4', '6'])
    .default('any')
    .meta({ title: 'Address family', description: 'Connect over IPv4 or IPv6 only' }),
  resolveTo: z
    .string()
    .refine((text) => isIP(text) !== 0, { error: 'write an IP address' })
    .optional()
    .meta({ title: 'Resolve to', description: 'Connect to this address, whatever the name points to' }),
  send: z
    .string()
    .max(4096)
    .optional()
    .meta({ title: 'Send', description: 'Text sent once connected; may refer to secrets' }),
  expect: z
    .string()
    .min(1)
    .max(1000)
    .optional()
    .meta({
      title: 'Expect',
      description: 'Text that must come; without it a connection is enough',
      examples: ['220 '],
    }),
});

type TcpConfig = z.output<typeof schema>;

const maxBytes = 4096;

/** Reads until the text comes, the bound is reached or the other side closes. Destroys the socket in every case. */
function converse(socket: Socket, send: string, expected: string, signal: AbortSignal, trace: Trace): Promise<string> {
  const startedAt = performance.now();
  trace.stage = 'answer';
  return new Promise<string>((resolve, reject) => {
    let received = '';
    const abort = (): void => reject(signal.reason as Error);
    signal.addEventListener('abort', abort, { once: true });
    socket.on('error', (error) => reject(explainSocket(error, trace)));
    socket.on('data', (bytes: Buffer) => {
      if (trace.bytes === 0) trace.phases.firstByteMs = performance.now() - startedAt;
      trace.stage = 'transfer';
      trace.bytes += bytes.length;
      received = (received + bytes.toString('latin1')).slice(0, maxBytes);
      if (received.includes(expected) || received.length === maxBytes) resolve(received);
    });
    socket.on('close', () => resolve(received));
    if (send !== '') socket.write(send);
    if (signal.aborted) abort();
  }).finally(() => {
    socket.destroy();
  });
}

async function runTcp(config: TcpConfig, env: CheckEnv): Promise<Outcome> {
  const trace = newTrace();
  const secrets = createSecrets(env);
  const startedAt = performance.now();
  const end = (): Pick<Outcome, 'totalMs' | 'phases'> => ({
    totalMs: roundMs(performance.now() - startedAt),
    phases: Object.fromEntries(Object.entries(trace.phases).map(([key, ms]) => [key, roundMs(ms as number)])),
  });
  let received: string | undefined;
  const observed = (): Outcome['observed'] => ({
    peer: trace.peer,
    ...(received === undefined ? {} : { received: secrets.hide(received).slice(0, 500).replaceAll('\0', '\uFFFD') }),
  });
  try {
    const send = secrets.fill(config.send ?? '');
    const socket = await openSocket({ ...config, family: config.addressFamily }, env, trace);
    if (config.expect === undefined) {
      socket.end(send, () => socket.destroy());
      socket.on('error', () => socket.destroy());
    } else {
      // What comes is compared byte for byte, whatever its encoding.
      const expected = Buffer.from(config.expect, 'utf8').toString('latin1');
      received = await converse(socket, send, expected, env.signal, trace);
      if (!received.includes(expected)) {
        const told = received === '' ? 'nothing' : `only ${JSON.stringify(received.slice(0, 60))}`;
        throw new CheckError(
          'assertion-failed',
          `${trace.peer} sent ${told}, expected ${JSON.stringify(config.expect)}`,
        );
      }
    }
    return { ok: true, ...end(), observed: observed() ?? {} };
  } catch (error) {
    if (!(error instanceof CheckError) && error !== env.signal.reason) throw error;
    const told = error === env.signal.reason ? explainTimeout(trace, env.timeoutMs) : (error as CheckError);
    return {
      ok: false,
      ...end(),
      error: { code: told.code, message: secrets.hide(told.message) },
      observed: observed() ?? {},
    };
  }
}

/** A TCP connection, and what comes over it where that is asked for. */
export const tcpCheck = defineCheck({
  kind: 'tcp',
  label: 'TCP',
  schema,
  hostOf: (config) => `${config.host}:${config.port}`,
  run: runTcp,
});
