import { z } from 'zod';
import { CheckError, type CheckEnv, defineCheck, type Outcome } from './check-kind.ts';
import { openSocket } from './connect.ts';
import { converse } from './converse.ts';
import { hostField, portField, routeFields, targetOf } from './target-fields.ts';
import { beginRun, concludeRun } from './traced-run.ts';

const schema = z.strictObject({
  host: hostField.meta({ title: 'Host', description: 'A name or an address', examples: ['db.example.com'] }),
  port: portField.meta({ title: 'Port', description: 'The TCP port', examples: [5432] }),
  ...routeFields,
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

function runTcp(config: TcpConfig, env: CheckEnv): Promise<Outcome> {
  const run = beginRun(env);
  const { trace, secrets } = run;
  let received: string | undefined;
  const work = async (): Promise<void> => {
    const send = secrets.fill(config.send ?? '');
    const socket = await openSocket(targetOf(config), env, trace);
    if (config.expect === undefined) {
      socket.on('error', () => socket.destroy());
      socket.end(send, () => socket.destroy());
      return;
    }
    // What comes is compared byte for byte, whatever its encoding.
    const expected = Buffer.from(config.expect, 'utf8').toString('latin1');
    received = await converse(socket, send, (text) => text.includes(expected), env.signal, trace);
    if (received.includes(expected)) return;
    const told = received === '' ? 'nothing' : `only ${JSON.stringify(received.slice(0, 60))}`;
    throw new CheckError('assertion-failed', `${trace.peer} sent ${told}, expected ${JSON.stringify(config.expect)}`);
  };
  return concludeRun(run, work, () => ({
    peer: trace.peer,
    ...(received === undefined ? {} : { received: secrets.hide(received).slice(0, 500).replaceAll('\0', '\uFFFD') }),
  }));
}

/** A TCP connection, and what comes over it where that is asked for. */
export const tcpCheck = defineCheck({
  kind: 'tcp',
  label: 'TCP',
  summary: 'A TCP connection, and what comes over it where that is asked for.',
  example: { host: 'mail.example.com', port: 143, expect: '* OK' },
  schema,
  hostOf: (config) => `${config.host}:${config.port}`,
  run: runTcp,
});
