import { z } from 'zod';
import { CheckError, type CheckEnv, defineCheck, type Outcome } from './check-kind.ts';
import { secretText } from './secrets.ts';
import { type CertificateFacts, certificateFacts, dateOf } from './start-tls.ts';
import { targetFields, targetOf, tlsFields, tlsWish } from './target-fields.ts';
import { beginRun, concludeRun, type TracedRun } from './traced-run.ts';
import { overWire, type Wire } from './wire.ts';

const schema = z
  .strictObject({
    ...targetFields(25, 'mail.example.com'),
    security: z.enum(['none', 'starttls', 'tls']).default('starttls').meta({
      title: 'Security',
      description: 'STARTTLS after the greeting (ports 25 and 587), TLS from the first byte (port 465), or none',
    }),
    ...tlsFields,
    helloName: z
      .string()
      .regex(/^(?:[A-Za-z0-9-]+\.)*[A-Za-z0-9-]+$|^\[[0-9A-Fa-f:.]+\]$/, { error: 'write a host name' })
      .max(253)
      .default('localhost')
      .meta({ title: 'Our name', description: 'The name that HugOps greets with (EHLO)' }),
    login: z
      .strictObject({
        username: z.string().min(1).max(200).describe('The user name'),
        password: secretText.describe('A reference to the password'),
      })
      .optional()
      .meta({ title: 'Login', description: 'Log in as well (AUTH PLAIN or LOGIN); over TLS only' }),
    daysLeft: z.int().min(0).max(3650).optional().meta({
      title: 'Days left',
      description: 'The certificate is valid for at least so many days more',
      unit: 'days',
    }),
  })
  .superRefine(({ security, login, daysLeft }, ctx) => {
    if (security !== 'none') return;
    if (login) ctx.addIssue({ code: 'custom', path: ['login'], message: 'a login needs starttls or tls' });
    if (daysLeft !== undefined) {
      ctx.addIssue({ code: 'custom', path: ['daysLeft'], message: 'a certificate needs starttls or tls' });
    }
  });

type SmtpConfig = z.output<typeof schema>;

interface Reply {
  code: number;
  lines: string[];
}

const maxLines = 100;

/** One reply, of one line or several (RFC 5321, section 4.2). */
async function readReply(wire: Wire, what: string, peer: string): Promise<Reply> {
  const lines: string[] = [];
  for (;;) {
    const line = await wire.readLine(what);
    const [, code = '', mark = '', text = ''] = /^([2-5]\d\d)([ -]|$)(.*)$/.exec(line) ?? [];
    if (code === '') throw new CheckError('bad-answer', `${peer} does not speak SMTP: it says ${shown(line)}`);
    lines.push(text);
    if (mark !== '-') return { code: Number(code), lines };
    if (lines.length >= maxLines)
      throw new CheckError('bad-answer', `${peer} sent a reply of more than ${maxLines} lines`);
  }
}

const shown = (text: string): string => JSON.stringify(text.replaceAll(/[^\x20-\x7e]/g, '.').slice(0, 200));

async function order(wire: Wire, line: string, expected: number, name: string, peer: string): Promise<Reply> {
  if (line !== '') wire.send(`${line}\r\n`);
  const reply = await readReply(wire, line === '' ? 'the greeting' : `the answer to ${name}`, peer);
  if (reply.code === expected) return reply;
  const told = `${reply.code} ${reply.lines.join(' ')}`.trim();
  throw new CheckError('bad-answer', `${peer} refused ${name}: ${shown(told)}`);
}

const offers = ({ lines }: Reply, extension: string): string | undefined =>
  lines.slice(1).find((line) => line.toUpperCase().split(/[ =]/)[0] === extension);

/** AUTH PLAIN (RFC 4616), or LOGIN where that is all there is. */
async function logIn(wire: Wire, greeting: Reply, login: NonNullable<SmtpConfig['login']>, run: TracedRun) {
  const { peer } = run.trace;
  const password = run.secrets.fill(login.password);
  const ways = (offers(greeting, 'AUTH') ?? '').toUpperCase().split(/[ =]/);
  const encode = (text: string): string => {
    const encoded = Buffer.from(text, 'utf8').toString('base64');
    run.secrets.remember(encoded);
    return encoded;
  };
  if (ways.includes('PLAIN')) {
    await order(wire, `AUTH PLAIN ${encode(`\0${login.username}\0${password}`)}`, 235, 'the login', peer);
  } else if (ways.includes('LOGIN')) {
    await order(wire, 'AUTH LOGIN', 334, 'the login', peer);
    await order(wire, Buffer.from(login.username, 'utf8').toString('base64'), 334, 'the login', peer);
    await order(wire, encode(password), 235, 'the login', peer);
  } else {
    throw new CheckError('bad-answer', `${peer} offers no login by PLAIN or LOGIN`);
  }
}

function runSmtp(config: SmtpConfig, env: CheckEnv): Promise<Outcome> {
  const run = beginRun(env);
  const { trace, secrets } = run;
  let greeting: string | undefined;
  let extensions: string[] | undefined;
  let certificate: CertificateFacts | undefined;

  async function talk(wire: Wire): Promise<void> {
    const hello = (): Promise<Reply> => order(wire, `EHLO ${config.helloName}`, 250, 'EHLO', trace.peer);
    greeting = (await order(wire, '', 220, 'the connection', trace.peer)).lines.join(' ');
    let welcome = await hello();
    if (config.security === 'starttls') {
      if (offers(welcome, 'STARTTLS') === undefined) {
        throw new CheckError('tls-failed', `${trace.peer} offers no STARTTLS`);
      }
      await order(wire, 'STARTTLS', 220, 'STARTTLS', trace.peer);
      await wire.secure(tlsWish(config, config.host, secrets));
      // What was offered in the clear may have been a stranger's word (RFC 3207, section 4.2).
      welcome = await hello();
    }
    extensions = welcome.lines.slice(1, 30);
    if (wire.tls) certificate = certificateFacts(wire.tls, env.now);
    if (config.login) await logIn(wire, welcome, config.login, run);
    wire.send('QUIT\r\n');
    judgeCertificate(certificate, config.daysLeft);
  }

  const work = (): Promise<void> => {
    const tls = config.security === 'tls' ? tlsWish(config, config.host, secrets) : undefined;
    return overWire(targetOf(config), env, trace, talk, { tls, maxBytes: 262_144 });
  };
  const clean = (text: string): string => secrets.hide(text).slice(0, 200).replaceAll('\0', '\uFFFD');
  return concludeRun(run, work, () => ({
    peer: trace.peer,
    ...(greeting === undefined ? {} : { greeting: clean(greeting) }),
    ...(extensions === undefined ? {} : { extensions: extensions.map(clean) }),
    ...(certificate === undefined ? {} : { certificate: certificate.observed }),
  }));
}

function judgeCertificate(certificate: CertificateFacts | undefined, wanted: number | undefined): void {
  if (!certificate || wanted === undefined || certificate.daysLeft >= wanted) return;
  const { validToAt, daysLeft } = certificate;
  throw new CheckError(
    'assertion-failed',
    `the certificate expires on ${dateOf(validToAt)}, in ${daysLeft} days, expected at least ${wanted}`,
  );
}

/** The first steps of delivering a mail (RFC 5321), none of which sends one. */
export const smtpCheck = defineCheck({
  kind: 'smtp',
  label: 'SMTP',
  summary: 'The greeting of a mail server, EHLO, STARTTLS and, where wanted, a login. No mail is sent.',
  example: {
    host: 'mail.example.com',
    port: 587,
    login: { username: 'hugops@example.com', password: '${env:MAIL_PASSWORD}' },
    daysLeft: 14,
  },
  schema,
  hostOf: (config) => `${config.host}:${config.port}`,
  run: runSmtp,
});
