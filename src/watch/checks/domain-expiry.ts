import { domainToASCII } from 'node:url';
import { z } from 'zod';
import type { EpochMs } from '../../domain/words.ts';
import { CheckError, type CheckEnv, defineCheck, type Outcome } from './check-kind.ts';
import { httpRouteFields, urlField } from './http-config.ts';
import { beginHttpRun, fetchAll } from './http-fetch.ts';
import { bodyText, type HttpRequest } from './http-request.ts';
import { dateOf } from './start-tls.ts';
import { beginRun, concludeRun, sourceTrouble, type TracedRun } from './traced-run.ts';

const schema = z.strictObject({
  domain: z
    .string()
    .max(253)
    .refine((text) => /^[^./\s]+(?:\.[^./\s]+)+$/.test(text) && domainToASCII(text) !== '', {
      error: 'write a registered domain, as in example.com',
    })
    .meta({ title: 'Domain', description: 'The domain as it is registered, without www', examples: ['example.com'] }),
  daysLeft: z.int().min(0).max(3650).default(30).meta({
    title: 'Days left',
    description: 'It is registered for at least so many days more',
    unit: 'days',
  }),
  bootstrapUrl: urlField.default('https://data.iana.org/rdap/dns.json').meta({
    title: 'Directory',
    description: 'Where it stands which registry answers for which ending (RFC 9224)',
  }),
});

type ExpiryConfig = z.output<typeof schema>;

const route = z.object(httpRouteFields).parse({});
const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
// Registries limit how often they may be asked, and a date that is a year away does not change by the minute.
const freshMs = 6 * hourMs;
// While a registry is away, what it said last holds this long.
const usableMs = 7 * dayMs;
const maxKept = 10_000;

interface Registration {
  expiresAt: EpochMs;
  states: string[];
  askedAt: EpochMs;
}

const registrations = new Map<string, Registration>();
const directories = new Map<string, { services: Map<string, string>; askedAt: EpochMs }>();

const isFresh = (askedAt: EpochMs, now: EpochMs, forMs: number): boolean => now >= askedAt && now - askedAt < forMs;

/** Whoever tells about domains is not the domain: that it cannot be asked makes the verdict unknown. */
const unavailable = (message: string): CheckError => new CheckError('source-unavailable', message);

async function fetchJson(url: URL, what: string, run: TracedRun): Promise<{ status: number; body: unknown }> {
  const asking = beginHttpRun(run, route);
  const headers = new Map([['accept', 'application/rdap+json, application/json']]);
  const request: HttpRequest = { url, method: 'GET', headers, body: undefined, sameOrigin: true };
  try {
    const answer = await fetchAll(asking, request, { follow: true, max: 4 });
    const isError = answer.status >= 400;
    if (answer.truncated) throw unavailable(`${what} sent more than ${route.maxBodyBytes / 1024} KiB`);
    return { status: answer.status, body: isError ? undefined : parse(bodyText(answer, route.maxBodyBytes), what) };
  } catch (error) {
    throw sourceTrouble(error, what, run);
  }
}

function parse(text: string, what: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw unavailable(`${what} answered with something that is no JSON`);
  }
}

// RFC 9224, section 3: each entry is a list of endings and a list of base URLs.
const directorySchema = z.object({
  services: z.array(z.tuple([z.array(z.string()), z.array(z.string())])),
});

async function readDirectory(config: ExpiryConfig, run: TracedRun): Promise<Map<string, string>> {
  const known = directories.get(config.bootstrapUrl);
  if (known && isFresh(known.askedAt, run.env.now, dayMs)) return known.services;
  const what = 'the directory of registries';
  try {
    const { status, body } = await fetchJson(new URL(config.bootstrapUrl), what, run);
    if (status !== 200) throw unavailable(`${what} answered with status ${status}`);
    const parsed = directorySchema.safeParse(body);
    if (!parsed.success) throw unavailable(`${what} answered with something that is no directory`);
    const services = new Map<string, string>();
    for (const [endings, urls] of parsed.data.services) {
      const usable = urls.filter((url) => URL.canParse(url) && /^https?:/.test(url));
      const base = usable.find((url) => url.startsWith('https:')) ?? usable[0];
      if (base !== undefined) for (const ending of endings) services.set(ending.toLowerCase(), base);
    }
    if (directories.size >= 20) directories.clear();
    directories.set(config.bootstrapUrl, { services, askedAt: run.env.now });
    return services;
  } catch (error) {
    if (known && error instanceof CheckError && error.code === 'source-unavailable') return known.services;
    throw error;
  }
}

// RFC 9083, sections 4.5 and 4.6.
const domainSchema = z.object({
  events: z.array(z.object({ eventAction: z.string(), eventDate: z.string() })).default([]),
  status: z.array(z.string()).default([]),
});

/** What the registry says. Throws CheckError `assertion-failed` when it knows no such domain. */
async function askRegistry(domain: string, config: ExpiryConfig, run: TracedRun): Promise<Registration> {
  const services = await readDirectory(config, run);
  const labels = domain.split('.');
  // The longest ending that the directory knows.
  const base = labels.map((_, index) => services.get(labels.slice(index).join('.'))).find((url) => url !== undefined);
  if (base === undefined) {
    throw new CheckError(
      'config-invalid',
      `the registry of .${labels.at(-1)} offers no RDAP, so ${domain} cannot be asked for`,
    );
  }
  const url = new URL(`domain/${domain}`, base.endsWith('/') ? base : `${base}/`);
  const what = `the registry ${url.host}`;
  const { status, body } = await fetchJson(url, what, run);
  if (status === 404) throw new CheckError('assertion-failed', `${domain} is not registered, says ${what}`);
  if (status === 429) throw unavailable(`${what} allows no more questions for now`);
  const parsed = domainSchema.safeParse(body);
  if (status !== 200 || !parsed.success) throw unavailable(`${what} answered with status ${status} and no domain`);
  const { events, status: states } = parsed.data;
  const expiry = events.find(({ eventAction }) => eventAction === 'expiration');
  const expiresAt = Date.parse(expiry?.eventDate ?? '');
  if (Number.isNaN(expiresAt)) throw unavailable(`${what} does not tell when ${domain} expires`);
  return { expiresAt, states: states.map((state) => state.slice(0, 60)).slice(0, 20), askedAt: run.env.now };
}

async function findRegistration(domain: string, config: ExpiryConfig, run: TracedRun): Promise<Registration> {
  const key = `${config.bootstrapUrl} ${domain}`;
  const known = registrations.get(key);
  if (known && isFresh(known.askedAt, run.env.now, freshMs)) return known;
  try {
    const found = await askRegistry(domain, config, run);
    if (registrations.size >= maxKept) registrations.clear();
    registrations.set(key, found);
    return found;
  } catch (error) {
    if (!(error instanceof CheckError)) throw error;
    if (error.code !== 'source-unavailable') registrations.delete(key);
    else if (known && isFresh(known.askedAt, run.env.now, usableMs)) return known;
    throw error;
  }
}

// EPP states in which a domain does not resolve, or is about to be lost (RFC 5731, RFC 3915), as RDAP writes them (RFC 8056).
const badStates = new Set(['client hold', 'server hold', 'redemption period', 'pending delete']);

function judge(domain: string, { expiresAt, states }: Registration, wanted: number, now: EpochMs): void {
  const bad = states.find((state) => badStates.has(state.toLowerCase()));
  if (bad !== undefined) throw new CheckError('assertion-failed', `${domain} is in the state "${bad}"`);
  const daysLeft = Math.floor((expiresAt - now) / dayMs);
  if (daysLeft < 0) throw new CheckError('assertion-failed', `${domain} expired on ${dateOf(expiresAt)}`);
  if (daysLeft >= wanted) return;
  throw new CheckError(
    'assertion-failed',
    `${domain} expires on ${dateOf(expiresAt)}, in ${daysLeft} ${daysLeft === 1 ? 'day' : 'days'}, expected at least ${wanted}`,
  );
}

function runDomainExpiry(config: ExpiryConfig, env: CheckEnv): Promise<Outcome> {
  const run = beginRun(env);
  const domain = domainToASCII(config.domain).toLowerCase();
  let found: Registration | undefined;
  const work = async (): Promise<void> => {
    found = await findRegistration(domain, config, run);
    judge(domain, found, config.daysLeft, env.now);
  };
  return concludeRun(run, work, () =>
    found === undefined
      ? {}
      : {
          expiresAt: found.expiresAt,
          daysLeft: Math.floor((found.expiresAt - env.now) / dayMs),
          states: found.states,
          askedAt: found.askedAt,
        },
  );
}

/** How long a domain is still registered, by RDAP (RFC 7480 and after). */
export const domainExpiryCheck = defineCheck({
  kind: 'domain-expiry',
  label: 'Domain expiry',
  summary:
    'How long a domain is still registered, and whether it is on hold or being deleted, by RDAP. The registry is asked at most every six hours; while it cannot be asked, what it said last holds for a week, and after that the verdict is unknown.',
  example: { domain: 'example.com', daysLeft: 45 },
  schema,
  hostOf: (config) => `rdap:${config.domain.split('.').at(-1) ?? ''}`,
  run: runDomainExpiry,
});
