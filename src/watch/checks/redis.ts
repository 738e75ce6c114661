import { z } from 'zod';
import { CheckError, type CheckEnv, defineCheck, type Outcome } from './check-kind.ts';
import { secretText } from './secrets.ts';
import { targetFields, targetOf, tlsFields, tlsWish } from './target-fields.ts';
import { beginRun, concludeRun } from './traced-run.ts';
import { compileValue, valueExpectation } from './value-expect.ts';
import { overWire, type Wire } from './wire.ts';

const schema = z.strictObject({
  ...targetFields(6379, 'cache.example.com'),
  tls: z.boolean().default(false).meta({ title: 'TLS', description: 'Connect over TLS' }),
  ...tlsFields,
  username: z.string().min(1).max(200).optional().meta({
    title: 'User name',
    description: 'For servers with users of their own (ACL); with the password only, the default user logs in',
  }),
  password: secretText.optional().meta({ title: 'Password', description: 'A reference to the password' }),
  database: z
    .int()
    .min(0)
    .max(65_535)
    .default(0)
    .meta({ title: 'Database', description: 'The number of the database' }),
  command: z.array(z.string().max(1000)).min(1).max(20).default(['PING']).meta({
    title: 'Command',
    description: 'A command and its arguments, as in [LLEN, jobs]; a list is read as lines',
  }),
  expect: valueExpectation
    .optional()
    .meta({ title: 'Expect', description: 'What the answer must be like; without it any answer that is no error' }),
});

type RedisConfig = z.output<typeof schema>;

const maxItems = 1000;
const maxDepth = 4;

type Reply = { kind: 'error'; text: string } | { kind: 'value'; text: string | undefined };

/** A command as RESP2 writes it: an array of bulk strings (redis.io, "Redis serialization protocol specification"). */
function encode(parts: readonly string[]): string {
  return `*${parts.length}\r\n${parts.map((part) => `$${Buffer.byteLength(part)}\r\n${part}\r\n`).join('')}`;
}

const foreign = (peer: string): CheckError => new CheckError('bad-answer', `${peer} does not speak the Redis protocol`);

function lengthOf(text: string, peer: string): number {
  if (!/^(?:-1|\d{1,9})$/.test(text)) throw foreign(peer);
  return Number(text);
}

/** One reply of RESP2; a list becomes lines. */
async function readReply(wire: Wire, what: string, peer: string, depth = 0): Promise<Reply> {
  const line = await wire.readLine(what);
  const rest = line.slice(1);
  switch (line[0]) {
    case '+':
      return { kind: 'value', text: rest };
    case ':':
      if (!/^[+-]?\d{1,20}$/.test(rest)) throw foreign(peer);
      return { kind: 'value', text: rest };
    case '-':
      return { kind: 'error', text: rest };
    case '$': {
      const length = lengthOf(rest, peer);
      if (length < 0) return { kind: 'value', text: undefined };
      const bytes = await wire.read(length + 2, what);
      if (bytes.toString('latin1', length) !== '\r\n') throw foreign(peer);
      return { kind: 'value', text: bytes.toString('utf8', 0, length) };
    }
    case '*': {
      const count = lengthOf(rest, peer);
      if (count < 0) return { kind: 'value', text: undefined };
      if (count > maxItems || depth >= maxDepth) {
        throw new CheckError('bad-answer', `${peer} sent a list of more than ${maxItems} values or ${maxDepth} levels`);
      }
      const items: string[] = [];
      for (let i = 0; i < count; i++) items.push((await readReply(wire, what, peer, depth + 1)).text ?? '');
      return { kind: 'value', text: items.join('\n') };
    }
    default:
      throw foreign(peer);
  }
}

function runRedis(config: RedisConfig, env: CheckEnv): Promise<Outcome> {
  const run = beginRun(env);
  const { trace, secrets } = run;
  const asked = config.command.join(' ').slice(0, 60);
  let answer: string | undefined;

  async function order(
    wire: Wire,
    parts: readonly string[],
    what: string,
    refusal: string,
  ): Promise<string | undefined> {
    wire.send(encode(parts));
    const reply = await readReply(wire, what, trace.peer);
    if (reply.kind === 'value') return reply.text;
    throw new CheckError('bad-answer', `${trace.peer} ${refusal}: ${reply.text.slice(0, 200)}`);
  }

  async function talk(wire: Wire): Promise<void> {
    if (config.password !== undefined) {
      const password = secrets.fill(config.password);
      const login = config.username === undefined ? [password] : [config.username, password];
      await order(wire, ['AUTH', ...login], 'the answer to the login', 'refused the login');
    }
    if (config.database > 0) {
      const number = String(config.database);
      await order(wire, ['SELECT', number], 'the answer to the choice of the database', `has no database ${number}`);
    }
    answer = await order(wire, config.command, `the answer to ${asked}`, `answered ${asked} with an error`);
    if (!config.expect) return;
    if (answer === undefined) throw new CheckError('assertion-failed', `the answer to ${asked} is nothing at all`);
    const wrong = compileValue(config.expect)(`the answer to ${asked}`, answer);
    if (wrong !== undefined) throw new CheckError('assertion-failed', wrong);
  }

  const work = (): Promise<void> => {
    const tls = config.tls ? tlsWish(config, config.host, secrets) : undefined;
    return overWire(targetOf(config), env, trace, talk, { tls });
  };
  return concludeRun(run, work, () => ({
    peer: trace.peer,
    ...(answer === undefined ? {} : { answer: secrets.hide(answer).slice(0, 500).replaceAll('\0', '\uFFFD') }),
  }));
}

/** A command to a Redis server, or one that speaks like it (Valkey, KeyDB, Dragonfly). */
export const redisCheck = defineCheck({
  kind: 'redis',
  label: 'Redis',
  summary:
    'A login and a command to a server that speaks the Redis protocol (Redis, Valkey, KeyDB), and what it answers.',
  example: {
    host: 'cache.example.com',
    password: '${env:REDIS_PASSWORD}',
    command: ['LLEN', 'jobs'],
    expect: { is: 'below', value: 1000 },
  },
  schema,
  hostOf: (config) => `${config.host}:${config.port}`,
  run: runRedis,
});
