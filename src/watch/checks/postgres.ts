import { z } from 'zod';
import { CheckError, type CheckEnv, defineCheck, type Outcome } from './check-kind.ts';
import {
  authenticate,
  errorWords,
  firstValue,
  queryMessage,
  readMessage,
  sslRequest,
  startupMessage,
  terminateMessage,
} from './postgres-protocol.ts';
import { secretText } from './secrets.ts';
import { targetFields, targetOf, tlsFields, tlsWish } from './target-fields.ts';
import { beginRun, concludeRun } from './traced-run.ts';
import { judgeResult, type QueryResult, shownResult, valueExpectation } from './value-expect.ts';
import { overWire, type Wire } from './wire.ts';

const plainText = z
  .string()
  .min(1)
  .max(63)
  .regex(/^[^\0]*$/, { error: 'a NUL cannot stand in it' });

const schema = z.strictObject({
  ...targetFields(5432, 'db.example.com'),
  tls: z.boolean().default(false).meta({ title: 'TLS', description: 'Demand TLS before the login' }),
  ...tlsFields,
  username: plainText.meta({ title: 'User name', description: 'Who logs in' }),
  password: secretText.optional().meta({ title: 'Password', description: 'A reference to the password' }),
  database: plainText.optional().meta({ title: 'Database', description: "The database; the user's own when left out" }),
  query: z
    .string()
    .min(1)
    .max(10_000)
    .regex(/^[^\0]*$/, { error: 'a NUL cannot stand in it' })
    .default('SELECT 1')
    .meta({
      title: 'Query',
      description: 'Run in a read-only transaction that the server itself ends at the time-out of the check',
    }),
  expect: valueExpectation.optional().meta({
    title: 'Expect',
    description: 'What the first value of the first row must be like; without it an answer without an error is enough',
  }),
});

type PostgresConfig = z.output<typeof schema>;

/** Sends statements and reads until the server is ready for more. Throws CheckError with the server's own words. */
async function ask(wire: Wire, sql: string, what: string, peer: string): Promise<QueryResult> {
  wire.send(queryMessage(sql));
  const result: QueryResult = { rows: 0, first: undefined };
  for (;;) {
    const { type, body } = await readMessage(wire, what, peer);
    if (type === 'Z') return result;
    if (type === 'E') throw new CheckError('assertion-failed', `the query failed: ${errorWords(body)}`);
    if (type === 'D' && result.rows++ === 0) result.first = firstValue(body);
    if (type === 'G' || type === 'H' || type === 'W') {
      throw new CheckError('assertion-failed', 'the query failed: COPY is no query that a check can make');
    }
  }
}

async function waitUntilReady(wire: Wire, peer: string): Promise<string> {
  let version = '';
  for (;;) {
    const { type, body } = await readMessage(wire, 'the end of the login', peer);
    if (type === 'Z') return version;
    if (type === 'E') throw new CheckError('bad-answer', `${peer} refused the login: ${errorWords(body)}`);
    const [name, value] = type === 'S' ? body.toString('utf8').split('\0') : [];
    if (name === 'server_version') version = (value ?? '').slice(0, 100);
  }
}

function runPostgres(config: PostgresConfig, env: CheckEnv): Promise<Outcome> {
  const run = beginRun(env);
  const { trace, secrets } = run;
  let version: string | undefined;
  let result: QueryResult | undefined;

  async function goSecure(wire: Wire): Promise<void> {
    wire.send(sslRequest);
    const answer = (await wire.read(1, 'the answer to the wish for TLS')).toString('latin1');
    if (answer === 'S') {
      await wire.secure(tlsWish(config, config.host, secrets, ['postgresql']));
      return;
    }
    const told = answer === 'N' ? 'offers no TLS' : 'does not speak the PostgreSQL protocol';
    throw new CheckError(answer === 'N' ? 'tls-failed' : 'bad-answer', `${trace.peer} ${told}`);
  }

  async function talk(wire: Wire): Promise<void> {
    const password = config.password === undefined ? undefined : secrets.fill(config.password);
    if (config.tls) await goSecure(wire);
    const { username, database = username } = config;
    wire.send(startupMessage({ user: username, database, application_name: 'HugOps', client_encoding: 'UTF8' }));
    await authenticate(wire, { username, password, isEncrypted: config.tls }, trace.peer);
    version = await waitUntilReady(wire, trace.peer);
    // Without it a query that hangs would go on after the check has gone, one more each time.
    const guard = `BEGIN READ ONLY; SET LOCAL statement_timeout = ${Math.ceil(env.timeoutMs)}`;
    await ask(wire, guard, 'the beginning of a transaction', trace.peer);
    result = await ask(wire, config.query, 'the answer to the query', trace.peer);
    wire.send(terminateMessage);
    if (config.expect) judgeResult(config.expect, result);
  }

  const work = (): Promise<void> => overWire(targetOf(config), env, trace, talk);
  return concludeRun(run, work, () => ({
    peer: trace.peer,
    ...(version === undefined ? {} : { version }),
    ...shownResult(result, secrets),
  }));
}

/** A login and a query, in the protocol itself: what a client library would read without a bound is bounded here. */
export const postgresCheck = defineCheck({
  kind: 'postgres',
  label: 'PostgreSQL',
  summary: 'A login and a query to PostgreSQL, or a server that speaks like it, and its first value.',
  example: {
    host: 'db.example.com',
    tls: true,
    username: 'hugops',
    password: '${env:DB_PASSWORD}',
    database: 'shop',
    query: "SELECT count(*) FROM jobs WHERE state = 'stuck'",
    expect: { is: 'below', value: 10 },
  },
  schema,
  hostOf: (config) => `${config.host}:${config.port}`,
  run: runPostgres,
});
