import { connect, isIPv4, type LookupFunction, type Socket } from 'node:net';
import { classifyAddress } from './address-rules.ts';
import { type AddressFamily, CheckError, type CheckEnv, type CheckErrorCode, type Phases } from './check-kind.ts';

export interface Target {
  host: string;
  port: number;
  family: AddressFamily;
  /** Connect here instead of where the name points to. */
  resolveTo?: string | undefined;
}

/** How far a run came, so that a time-out can say what it waited for. */
export interface Trace {
  phases: Phases;
  stage: 'dns' | 'connect' | 'tls' | 'answer' | 'transfer';
  /** `host:port` as people write it, with the address once it is known. */
  peer: string;
  bytes: number;
  /** In a conversation of several steps, what is to come next, as in "the greeting"; empty where there is one answer only. */
  waitingFor: string;
}

export const newTrace = (): Trace => ({ phases: {}, stage: 'dns', peer: '', bytes: 0, waitingFor: '' });

/** `192.0.2.1:80`, `[2001:db8::1]:80`. */
export const endpoint = (address: string, port: number): string =>
  address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;

/**
 * A connected socket to an allowed address of the target. Every address is judged after resolution and the connection goes to exactly the judged
 * ones, so a name that changes its mind between the two (DNS rebinding) gains nothing. Several are tried as RFC 8305 says.
 */
export async function openSocket(target: Target, env: CheckEnv, trace: Trace): Promise<Socket> {
  const startedAt = performance.now();
  trace.stage = 'dns';
  trace.peer = endpoint(target.host, target.port);
  const resolved = await env.resolveHost(target.resolveTo ?? target.host, target.family, env.signal);
  const connectAt = performance.now();
  trace.phases.dnsMs = (trace.phases.dnsMs ?? 0) + connectAt - startedAt;
  const addresses = allowed(resolved, target, env);
  trace.stage = 'connect';
  const [first = ''] = addresses;
  if (addresses.length === 1) trace.peer = endpoint(first, target.port);
  const socket = await dial(addresses, target, env.signal);
  trace.phases.connectMs = (trace.phases.connectMs ?? 0) + performance.now() - connectAt;
  // Asking the socket costs a system call, and is only needed where there was a choice.
  if (addresses.length > 1) trace.peer = endpoint(socket.remoteAddress ?? first, target.port);
  return socket;
}

/** Those of the addresses where checks may go; throws CheckError `forbidden-address` when there is none. */
export function allowed(
  addresses: readonly string[],
  target: Pick<Target, 'host'>,
  env: Pick<CheckEnv, 'allowPrivateNetworks'>,
): readonly string[] {
  const classes = addresses.map(classifyAddress);
  if (classes.every((kind) => kind === 'public' || (kind === 'private' && env.allowPrivateNetworks))) return addresses;
  const fine = addresses.filter((_, index) => {
    const kind = classes[index];
    return kind === 'public' || (kind === 'private' && env.allowPrivateNetworks);
  });
  if (fine.length > 0) return fine;
  const where = addresses[0] === target.host ? target.host : `${target.host} (${addresses[0]})`;
  throw new CheckError(
    'forbidden-address',
    classes.includes('metadata')
      ? `${where} is a link-local or cloud metadata address, where checks may never go`
      : `${where} is in a private network, where this installation forbids checks`,
  );
}

function dial(addresses: readonly string[], target: Target, signal: AbortSignal): Promise<Socket> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason as Error);
    const [first = ''] = addresses;
    const socket =
      addresses.length === 1
        ? connect({ host: first, port: target.port })
        : connect({
            host: target.host,
            port: target.port,
            autoSelectFamily: true,
            lookup: answerWith(addresses),
          });
    const abort = (): void => void socket.destroy(signal.reason as Error);
    signal.addEventListener('abort', abort, { once: true });
    const failed = (error: Error): void => {
      signal.removeEventListener('abort', abort);
      reject(error === signal.reason ? error : explainConnect(error, target));
    };
    socket.once('error', failed);
    socket.once('connect', () => {
      signal.removeEventListener('abort', abort);
      socket.removeListener('error', failed);
      resolve(socket);
    });
  });
}

/** Node's address selection asks for addresses through a lookup; it is given those that were judged. */
const answerWith =
  (addresses: readonly string[]): LookupFunction =>
  (_host, _options, callback) =>
    callback(
      null,
      addresses.map((address) => ({ address, family: isIPv4(address) ? 4 : 6 })),
    );

const connectTrouble: Record<string, readonly [CheckErrorCode, string]> = {
  ECONNREFUSED: ['refused', 'connection refused by'],
  ECONNRESET: ['reset', 'connection reset by'],
  ETIMEDOUT: ['timeout', 'no connection to'],
  EHOSTUNREACH: ['unreachable', 'no route to'],
  ENETUNREACH: ['unreachable', 'no network route to'],
  EHOSTDOWN: ['unreachable', 'no answer from the host of'],
  EACCES: ['unreachable', 'a firewall of this machine forbids the connection to'],
  EPERM: ['unreachable', 'a firewall of this machine forbids the connection to'],
  EMFILE: ['no-resources', 'this machine allows HugOps no more open sockets; not tried:'],
  ENFILE: ['no-resources', 'this machine has no more open sockets; not tried:'],
  ENOBUFS: ['no-resources', 'this machine is out of network buffers; not tried:'],
  EADDRNOTAVAIL: ['no-resources', 'this machine has no free port or fitting address for a connection to'],
};

function explainConnect(error: Error, target: Target): CheckError {
  if (error instanceof CheckError) return error;
  const attempts = error instanceof AggregateError ? (error.errors as NodeJS.ErrnoException[]) : [error];
  const told = attempts.map((attempt) => {
    const { code = '', address } = attempt as NodeJS.ErrnoException & { address?: string };
    const [kind, words] = connectTrouble[code] ?? ['unreachable', `no connection (${code || attempt.message}) to`];
    return { kind, message: `${words} ${endpoint(address ?? target.host, target.port)}` };
  });
  // A refusal is the strongest word: that host is there. The rest is told in order.
  const main = told.find((one) => one.kind === 'refused') ?? told[0];
  return new CheckError(main?.kind ?? 'unreachable', [...new Set(told.map((one) => one.message))].join('; '));
}

/** What went wrong on a connection that stood. */
export function explainSocket(error: Error, trace: Trace): Error {
  if (error instanceof CheckError) return error;
  const { code = '' } = error as NodeJS.ErrnoException;
  if (code === 'ECONNRESET' || code === 'EPIPE') return new CheckError('reset', `connection reset by ${trace.peer}`);
  if (code === 'ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED') {
    return new CheckError('tls-failed', `${trace.peer} wants a client certificate`);
  }
  if (code === 'ETIMEDOUT') return new CheckError('timeout', `the connection to ${trace.peer} was lost`);
  return new CheckError('reset', `the connection to ${trace.peer} broke (${code || error.message})`);
}

/** What a run that reached its time-out was waiting for. */
export function explainTimeout(trace: Trace, timeoutMs: number): CheckError {
  const within = `within ${formatDuration(timeoutMs)}`;
  if (trace.waitingFor !== '' && (trace.stage === 'answer' || trace.stage === 'transfer')) {
    return new CheckError('timeout', `connected to ${trace.peer}, but ${trace.waitingFor} did not come ${within}`);
  }
  const waited: Record<Trace['stage'], string> = {
    dns: `no address for ${trace.peer} ${within}: the name servers did not answer`,
    connect: `no connection to ${trace.peer} ${within}`,
    tls: `connected to ${trace.peer}, but TLS was not set up ${within}`,
    answer: `connected to ${trace.peer}, but no answer came ${within}`,
    transfer: `the answer of ${trace.peer} was not complete ${within} (${trace.bytes.toLocaleString('en')} bytes came)`,
  };
  return new CheckError('timeout', waited[trace.stage]);
}

export const formatDuration = (ms: number): string => (ms < 1000 ? `${ms} ms` : `${Math.round(ms / 100) / 10} s`);
