import { type CaaRecord, promises } from 'node:dns';
import { isIP, isIPv6 } from 'node:net';
import { z } from 'zod';
import { CheckError, type CheckEnv, defineCheck, type Outcome } from './check-kind.ts';
import { allowed, endpoint, formatDuration } from './connect.ts';
import { checkText } from './http-expect.ts';
import { dnsTrouble, orAbort } from './resolve-host.ts';
import { compilePattern, PatternError } from './safe-pattern.ts';
import { hostField, portField } from './target-fields.ts';
import { beginRun, concludeRun } from './traced-run.ts';

const types = ['A', 'AAAA', 'CNAME', 'MX', 'TXT', 'NS', 'SOA', 'SRV', 'CAA', 'PTR'] as const;

const schema = z
  .strictObject({
    host: z
      .string()
      .regex(/^[A-Za-z0-9._:-]{1,253}$/, { error: 'write a host name, or an IP address for PTR' })
      .meta({
        title: 'Name',
        description: 'The name that is asked for; for PTR an address will do',
        examples: ['example.com'],
      }),
    type: z.enum(types).default('A').meta({ title: 'Type', description: 'The type of the records' }),
    server: hostField.optional().meta({
      title: 'Name server',
      description: 'The server that is asked, a name or an address; those of this machine when left out',
    }),
    serverPort: portField.default(53).meta({ title: 'Port', description: 'The port of the name server' }),
    contains: z.array(z.string().min(1).max(1000)).max(50).default([]).meta({
      title: 'Contains',
      description:
        'Answers that must be there, written as in a zone file: `192.0.2.1`, `10 mail.example.com` (MX), `0 5 443 example.com` (SRV), `0 issue "ca.example"` (CAA)',
    }),
    only: z
      .boolean()
      .default(false)
      .meta({ title: 'Only these', description: 'No other answers than those of `contains`' }),
    matches: z
      .string()
      .max(1000)
      .optional()
      .meta({ title: 'Matches', description: 'A regular expression that at least one answer must match' }),
    absent: z
      .boolean()
      .default(false)
      .meta({ title: 'Absent', description: 'There must be no such record; all else is not looked at' }),
  })
  .superRefine(({ matches, only, contains }, ctx) => {
    if (matches !== undefined) checkText(compilePattern, 'matches', matches, ctx);
    if (only && contains.length === 0) {
      ctx.addIssue({ code: 'custom', path: ['contains'], message: 'write the answers that are the only ones' });
    }
  });

type DnsConfig = z.output<typeof schema>;

const maxAnswers = 200;
const maxShown = 20;

const bare = (name: string): string => name.replace(/\.$/, '').toLowerCase();

function caaText(record: CaaRecord): string {
  const { critical, ...properties } = record;
  const [[tag, value] = ['', '']] = Object.entries(properties).filter(([key]) => key !== 'type');
  return `${critical} ${tag} "${String(value)}"`;
}

/** The question to ask: for an address its name in the reverse tree (RFC 1035, section 3.5; RFC 3596, section 2.5). */
function questionOf({ host, type }: DnsConfig): string {
  if (type !== 'PTR' || isIP(host) === 0) return host;
  if (!isIPv6(host)) return `${host.split('.').reverse().join('.')}.in-addr.arpa`;
  const { hostname } = new URL(`http://[${host}]`);
  const [head = '', tail] = hostname.slice(1, -1).split('::');
  const groups = (part: string | undefined): string[] => (part === undefined || part === '' ? [] : part.split(':'));
  const gap = Array.from({ length: 8 - groups(head).length - groups(tail).length }, () => '0');
  const all = [...groups(head), ...(tail === undefined ? [] : gap), ...groups(tail)];
  const nibbles = all.map((group) => group.padStart(4, '0')).join('');
  return `${nibbles.split('').reverse().join('.')}.ip6.arpa`;
}

/** The answers as texts, alike however they are written. */
async function ask(resolver: promises.Resolver, name: string, type: DnsConfig['type']): Promise<string[]> {
  switch (type) {
    case 'A':
      return resolver.resolve4(name);
    case 'AAAA':
      return resolver.resolve6(name);
    case 'CNAME':
      return (await resolver.resolveCname(name)).map(bare);
    case 'NS':
      return (await resolver.resolveNs(name)).map(bare);
    case 'PTR':
      return (await resolver.resolvePtr(name)).map(bare);
    case 'TXT':
      return (await resolver.resolveTxt(name)).map((parts) => parts.join(''));
    case 'MX':
      return (await resolver.resolveMx(name)).map(({ priority, exchange }) => `${priority} ${bare(exchange)}`);
    case 'SRV':
      return (await resolver.resolveSrv(name)).map(
        (one) => `${one.priority} ${one.weight} ${one.port} ${bare(one.name)}`,
      );
    case 'CAA':
      return (await resolver.resolveCaa(name)).map(caaText);
    case 'SOA': {
      const { nsname, hostmaster, serial, refresh, retry, expire, minttl } = await resolver.resolveSoa(name);
      return [`${bare(nsname)} ${bare(hostmaster)} ${serial} ${refresh} ${retry} ${expire} ${minttl}`];
    }
  }
}

/** A wish as the answers are written. */
function normalise(text: string, type: DnsConfig['type']): string {
  if (type === 'TXT' || type === 'CAA') return text;
  if (type === 'AAAA' && isIPv6(text)) return new URL(`http://[${text}]`).hostname.slice(1, -1);
  return bare(text.trim().replaceAll(/\s+/g, ' '));
}

async function serversOf(config: DnsConfig, env: CheckEnv): Promise<string[] | undefined> {
  if (config.server === undefined) return undefined;
  const found = await env.resolveHost(config.server, 'any', env.signal);
  return allowed(found, { host: config.server }, env).map((address) => endpoint(address, config.serverPort));
}

function judge(config: DnsConfig, answers: readonly string[]): void {
  const { host, type } = config;
  const told = answers.slice(0, 5).join(', ') + (answers.length > 5 ? ', …' : '');
  if (config.absent) throw new CheckError('assertion-failed', `${host} has a record ${type} (${told}), expected none`);
  const wanted = config.contains.map((text) => normalise(text, type));
  const canonical = answers.map((text) => normalise(text, type));
  const missing = wanted.filter((text) => !canonical.includes(text));
  if (missing.length > 0) {
    throw new CheckError(
      'assertion-failed',
      `${type} of ${host} is ${told}, without ${missing.slice(0, 5).join(', ')}`,
    );
  }
  const others = config.only ? answers.filter((_, index) => !wanted.includes(canonical[index] ?? '')) : [];
  if (others.length > 0) {
    throw new CheckError(
      'assertion-failed',
      `${type} of ${host} has ${others.slice(0, 5).join(', ')} too, which is not expected`,
    );
  }
  if (config.matches === undefined) return;
  const pattern = compilePattern(config.matches);
  try {
    if (answers.some((text) => pattern.test(text))) return;
  } catch (error) {
    if (!(error instanceof PatternError)) throw error;
    throw new CheckError('assertion-failed', `the answers could not be compared: ${error.message}`);
  }
  throw new CheckError(
    'assertion-failed',
    `${type} of ${host} is ${told}, which does not match ${JSON.stringify(config.matches)}`,
  );
}

/** What a failed question says, or nothing where no answer is what is wanted. */
function explain(error: unknown, config: DnsConfig, server: string): CheckError | undefined {
  const { code = '' } = error as NodeJS.ErrnoException;
  const { host, type } = config;
  if (code === 'ENOTFOUND' || code === 'ENODATA') {
    if (config.absent) return undefined;
    const told = code === 'ENOTFOUND' ? `the name ${host} does not exist` : `the name ${host} has no record ${type}`;
    return new CheckError('dns-not-found', `${told}, says ${server}`);
  }
  return new CheckError('dns-failed', `${type} of ${host} could not be asked of ${server}: ${dnsTrouble([code])}`);
}

function runDns(config: DnsConfig, env: CheckEnv): Promise<Outcome> {
  const run = beginRun(env);
  const { trace } = run;
  let answers: string[] | undefined;
  const work = async (): Promise<void> => {
    trace.peer = config.server ?? config.host;
    const servers = await serversOf(config, env);
    // Three tries within the time-out, the first of which waits two seconds at most.
    const resolver = new promises.Resolver({
      timeout: Math.max(50, Math.min(2000, Math.floor(env.timeoutMs / 3))),
      tries: 3,
    });
    if (servers) resolver.setServers(servers);
    const server = servers?.[0] ?? 'the name server of this machine';
    const askedAt = performance.now();
    try {
      answers = (await orAbort(ask(resolver, questionOf(config), config.type), env.signal)).slice(0, maxAnswers);
    } catch (error) {
      if (error === env.signal.reason) {
        throw new CheckError('timeout', `${server} did not answer within ${formatDuration(env.timeoutMs)}`);
      }
      const told = explain(error, config, server);
      if (told) throw told;
      return;
    } finally {
      trace.phases.dnsMs = performance.now() - askedAt;
      resolver.cancel();
    }
    judge(config, answers);
  };
  return concludeRun(run, work, () => ({
    ...(config.server === undefined ? {} : { server: config.server }),
    ...(answers === undefined
      ? {}
      : { answers: answers.slice(0, maxShown).map((text) => text.slice(0, 300).replaceAll('\0', '\uFFFD')) }),
  }));
}

/** A question to the name system, over UDP, and TCP where an answer is long. */
export const dnsCheck = defineCheck({
  kind: 'dns',
  label: 'DNS',
  summary:
    'Records of a name, from the name servers of this machine or a chosen one, and what they must or must not be.',
  example: { host: 'example.com', type: 'MX', server: '192.0.2.53', contains: ['10 mail.example.com'], only: true },
  schema,
  hostOf: (config) => (config.server === undefined ? config.host : `${config.server}:${config.serverPort}`),
  run: runDns,
});
