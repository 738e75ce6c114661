import { z } from 'zod';
import { CheckError, type CheckEnv, defineCheck, type Outcome } from './check-kind.ts';
import {
  errorWords,
  isError,
  logIn,
  offersTls,
  PacketStream,
  readGreeting,
  runQuery,
  tlsRequest,
} from './mysql-protocol.ts';
import { secretText } from './secrets.ts';
import { targetFields, targetOf, tlsFields, tlsWish } from './target-fields.ts';
import { beginRun, concludeRun } from './traced-run.ts';
import { judgeResult, type QueryResult, shownResult, valueExpectation } from './value-expect.ts';
import { overWire, type Wire } from './wire.ts';

const plainText = z
  .string()
  .min(1)
  .max(80)
  .regex(/^[^\0]*$/, { error: 'a NUL cannot stand in it' });

const schema = z
  .strictObject({
    ...targetFields(3306, 'db.example.com'),
    tls: z.boolean().default(false).meta({ title: 'TLS', description: 'Demand TLS before the login' }),
    ...tlsFields,
    username: plainText.meta({ title: 'User name', description: 'Who logs in' }),
    password: secretText.optional().meta({ title: 'Password', description: 'A reference to the password' }),
    database: plainText.optional().meta({ title: 'Database', description: 'The database; none when left out' }),
    query: z.string().min(1).max(10_000).optional().meta({
      title: 'Query',
      description: 'Run in a read-only transaction, with a limit of time on the server; a ping when left out',
    }),
    expect: valueExpectation.optional().meta({
      title: 'Expect',
      description:
        'What the first value of the first row must be like; without it an answer without an error is enough',
    }),
  })
  .refine(({ query, expect }) => expect === undefined || query !== undefined, {
    error: 'write the query whose value is expected',
    path: ['query'],
  });

type MysqlConfig = z.output<typeof schema>;

async function greet(wire: Wire, config: MysqlConfig, password: string, run: ReturnType<typeof beginRun>) {
  const { trace, secrets } = run;
  const packets = new PacketStream(wire, trace.peer);
  const greeting = readGreeting(await packets.read('the greeting'), trace.peer);
  const { username, database, tls } = config;
  if (tls) {
    if (!offersTls(greeting)) throw new CheckError('tls-failed', `${trace.peer} offers no TLS`);
    packets.send(tlsRequest(database));
    await wire.secure(tlsWish(config, config.host, secrets));
  }
  await logIn(packets, greeting, { username, password, database, isEncrypted: tls });
  return { packets, version: greeting.version };
}

/** Without a limit of its own a query that hangs would go on after the check has gone, one more each time. */
async function setGuards(packets: PacketStream, version: string, timeoutMs: number): Promise<void> {
  const limit = /mariadb/i.test(version)
    ? `max_statement_time = ${Math.ceil(timeoutMs / 1000)}`
    : `max_execution_time = ${Math.ceil(timeoutMs)}`;
  try {
    await runQuery(packets, `SET SESSION ${limit}`, 'the answer to a limit of time');
  } catch (error) {
    // Servers that speak the protocol only may not have it.
    if (!(error instanceof CheckError) || error.code !== 'assertion-failed') throw error;
  }
  await runQuery(packets, 'START TRANSACTION READ ONLY', 'the beginning of a transaction');
}

function runMysql(config: MysqlConfig, env: CheckEnv): Promise<Outcome> {
  const run = beginRun(env);
  const { trace, secrets } = run;
  let version: string | undefined;
  let result: QueryResult | undefined;

  async function talk(wire: Wire): Promise<void> {
    const password = config.password === undefined ? '' : secrets.fill(config.password);
    const { packets, version: told } = await greet(wire, config, password, run);
    version = told;
    if (config.query === undefined) {
      packets.command(0x0e);
      const answer = await packets.read('the answer to the ping');
      if (isError(answer)) {
        throw new CheckError('bad-answer', `${trace.peer} answered a ping with an error: ${errorWords(answer)}`);
      }
    } else {
      await setGuards(packets, version, env.timeoutMs);
      result = await runQuery(packets, config.query, 'the answer to the query');
    }
    packets.command(0x01);
    if (config.expect && result) judgeResult(config.expect, result);
  }

  const work = (): Promise<void> => overWire(targetOf(config), env, trace, talk);
  return concludeRun(run, work, () => ({
    peer: trace.peer,
    ...(version === undefined ? {} : { version }),
    ...shownResult(result, secrets),
  }));
}

/** A login and a ping or a query, in the protocol itself. */
export const mysqlCheck = defineCheck({
  kind: 'mysql',
  label: 'MySQL',
  summary: 'A login to MySQL or MariaDB, and a ping, or a query and its first value.',
  example: {
    host: 'db.example.com',
    tls: true,
    username: 'hugops',
    password: '${env:DB_PASSWORD}',
    database: 'shop',
    query: 'SELECT COUNT(*) FROM orders WHERE created_at > NOW() - INTERVAL 1 HOUR',
    expect: { is: 'above', value: 0 },
  },
  schema,
  hostOf: (config) => `${config.host}:${config.port}`,
  run: runMysql,
});
