import { lookup, promises } from 'node:dns';
import { readFileSync, statSync } from 'node:fs';
import { isIP, isIPv4 } from 'node:net';
import { type AddressFamily, CheckError } from './check-kind.ts';

export type ResolveHost = (name: string, family: AddressFamily, signal: AbortSignal) => Promise<readonly string[]>;

export interface HostResolverOptions {
  /** Name servers as `address:port`; the system's by default. */
  servers?: readonly string[];
  /** The table of the machine's own names. */
  hostsFile?: string;
  /** Whether names that DNS does not know are asked of the operating system too (search domains, mDNS). */
  askSystem?: boolean;
}

// One of two questions may go unanswered (some routers drop AAAA); the other's answer waits this long for it (RFC 8305, section 3).
const resolutionDelayMs = 50;

/**
 * Turns names into addresses without the operating system's resolver: getaddrinfo() blocks one of four threads for every name that hangs, and five
 * such names would stop all others and the file system. The hosts file is honoured; the system is asked last, for names that DNS denies.
 */
export function createHostResolver(options: HostResolverOptions = {}): ResolveHost {
  const resolver = new promises.Resolver({ timeout: 2000, tries: 3 });
  if (options.servers) resolver.setServers([...options.servers]);
  const hosts = openHostsFile(options.hostsFile ?? '/etc/hosts');
  const askSystem = options.askSystem ?? true;
  const underWay = new Map<string, Promise<readonly string[]>>();

  async function ask(name: string, family: AddressFamily): Promise<readonly string[]> {
    const [four, six] = await askBoth(
      family === '6' ? none() : settle(resolver.resolve4(name)),
      family === '4' ? none() : settle(resolver.resolve6(name)),
    );
    const found = interleave(four.addresses, six.addresses);
    if (found.length > 0) return found;
    const codes = [four.code, six.code];
    if (askSystem && codes.some((code) => code === 'ENOTFOUND' || code === 'ECONNREFUSED')) {
      const addresses = await systemLookup(name, family);
      if (addresses.length > 0) return addresses;
    }
    if (codes.includes('ENOTFOUND')) throw new CheckError('dns-not-found', `the name ${name} does not exist`);
    if (codes.every((code) => code === 'ENODATA' || code === '')) {
      const wanted = family === 'any' ? 'address' : `IPv${family} address`;
      throw new CheckError('dns-not-found', `the name ${name} has no ${wanted}`);
    }
    throw new CheckError('dns-failed', `the name ${name} could not be resolved: ${dnsTrouble(codes)}`);
  }

  return async (name, family, signal) => {
    const plain = name.startsWith('[') ? name.slice(1, -1) : name;
    if (isIP(plain) !== 0) return ofFamily([plain], family, plain);
    const known = hosts(plain.toLowerCase());
    if (known.length > 0) return ofFamily(known, family, plain);
    const key = `${family} ${plain}`;
    let answer = underWay.get(key);
    if (!answer) {
      answer = ask(plain, family).finally(() => underWay.delete(key));
      underWay.set(key, answer);
    }
    return orAbort(answer, signal);
  };
}

interface Answer {
  addresses: string[];
  code: string;
}

const none = (): Promise<Answer> => Promise.resolve({ addresses: [], code: '' });

const settle = (question: Promise<string[]>): Promise<Answer> =>
  question.then(
    (addresses) => ({ addresses, code: '' }),
    (error: NodeJS.ErrnoException) => ({ addresses: [], code: error.code ?? 'EUNKNOWN' }),
  );

async function askBoth(four: Promise<Answer>, six: Promise<Answer>): Promise<[Answer, Answer]> {
  const silent: Answer = { addresses: [], code: 'ETIMEOUT' };
  let timer: NodeJS.Timeout | undefined;
  const first = await Promise.race([four, six]);
  const patience = new Promise<Answer>((resolve) => {
    if (first.addresses.length > 0) timer = setTimeout(resolve, resolutionDelayMs, silent);
  });
  const both = await Promise.all([Promise.race([four, patience]), Promise.race([six, patience])]);
  clearTimeout(timer);
  return both;
}

/** IPv4 first: a monitor's own IPv6 is broken more often than a target's IPv4. */
function interleave(four: readonly string[], six: readonly string[]): string[] {
  const mixed: string[] = [];
  for (let i = 0; i < Math.max(four.length, six.length); i++) {
    mixed.push(...four.slice(i, i + 1), ...six.slice(i, i + 1));
  }
  return mixed;
}

function ofFamily(addresses: readonly string[], family: AddressFamily, name: string): readonly string[] {
  if (family === 'any') return addresses;
  const fitting = addresses.filter((address) => isIPv4(address) === (family === '4'));
  if (fitting.length > 0) return fitting;
  throw new CheckError('dns-not-found', `${name} has no IPv${family} address`);
}

const systemLookup = (name: string, family: AddressFamily): Promise<string[]> =>
  new Promise((resolve) => {
    lookup(name, { all: true, family: family === 'any' ? 0 : Number(family) }, (error, found) =>
      resolve(error ? [] : found.map((entry) => entry.address)),
    );
  });

/** Why a name server gave no answer, by the codes of node:dns. */
export function dnsTrouble(codes: readonly string[]): string {
  if (codes.includes('ETIMEOUT')) return 'the name server did not answer';
  if (codes.includes('ESERVFAIL')) return 'the name server reports a failure of its own';
  if (codes.includes('EREFUSED')) return 'the name server refuses to answer';
  if (codes.includes('ECONNREFUSED')) return 'no name server can be reached';
  if (codes.includes('EBADRESP')) return 'the name server sent an answer that makes no sense';
  if (codes.includes('EBADNAME')) return 'it is not a valid name';
  return codes.find((code) => code !== '') ?? 'no answer';
}

/** The work, or a rejection with the signal's reason when that comes first. */
export function orAbort<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(signal.reason as Error);
    if (signal.aborted) return abort();
    signal.addEventListener('abort', abort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}

/** Reads the hosts file again when it changed; looks at most once every 256 questions, so that it costs nothing. */
function openHostsFile(path: string): (name: string) => readonly string[] {
  let table = new Map<string, string[]>();
  let changedAt = -1;
  let questions = 0;
  const refresh = (): void => {
    const stat = statSync(path, { throwIfNoEntry: false });
    if (!stat || stat.mtimeMs === changedAt) return;
    changedAt = stat.mtimeMs;
    table = parseHosts(readFileSync(path, 'utf8'));
  };
  return (name) => {
    if (questions++ % 256 === 0) refresh();
    const found = table.get(name);
    if (found) return found;
    // RFC 6761, section 6.3: localhost is this machine, whatever a name server says.
    return name === 'localhost' || name.endsWith('.localhost') ? ['127.0.0.1', '::1'] : [];
  };
}

/** Address, then names; `#` begins a comment (hosts(5)). */
function parseHosts(text: string): Map<string, string[]> {
  const table = new Map<string, string[]>();
  for (const line of text.split('\n')) {
    const [address = '', ...names] = (line.split('#')[0] ?? '').trim().split(/\s+/);
    if (isIP(address) === 0) continue;
    for (const name of names) {
      const key = name.toLowerCase();
      table.set(key, [...(table.get(key) ?? []), address]);
    }
  }
  return table;
}
