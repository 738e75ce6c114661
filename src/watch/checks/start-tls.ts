import { isIP, type Socket } from 'node:net';
import { connect, createSecureContext, type PeerCertificate, type SecureContext, type TLSSocket } from 'node:tls';
import type { EpochMs, JsonObject } from '../../domain/words.ts';
import { CheckError, type CheckEnv } from './check-kind.ts';
import type { Trace } from './connect.ts';

export interface TlsWish {
  /** The name that the certificate must be for. */
  serverName: string;
  verify: boolean;
  /** Further authorities to trust, in PEM, instead of the well-known ones. */
  ca?: string | undefined;
}

// Reading the well-known authorities costs milliseconds, so contexts are shared. Few installations have more than one private authority.
const contexts = new Map<string, SecureContext>();
const maxContexts = 50;

function contextFor(ca: string | undefined): SecureContext {
  const key = ca ?? '';
  const known = contexts.get(key);
  if (known) return known;
  if (contexts.size >= maxContexts) contexts.clear();
  const made = createSecureContext(ca === undefined ? {} : { ca });
  contexts.set(key, made);
  return made;
}

function makeContext(ca: string | undefined): SecureContext {
  try {
    return contextFor(ca);
  } catch {
    throw new CheckError('config-invalid', 'the CA certificate is not valid PEM');
  }
}

/** TLS over a connected socket. The certificate is judged here, so that the reason of a refusal can be told; `verify: false` accepts any. */
export function startTls(socket: Socket, wish: TlsWish, env: CheckEnv, trace: Trace): Promise<TLSSocket> {
  const startedAt = performance.now();
  trace.stage = 'tls';
  // A handshake writes several times; each would wait for the acknowledgement of the one before. One plain request does not.
  socket.setNoDelay(true);
  return new Promise((resolve, reject) => {
    const secure = connect({
      socket,
      host: wish.serverName,
      servername: isIP(wish.serverName) === 0 ? wish.serverName : '',
      secureContext: makeContext(wish.ca),
      ALPNProtocols: ['http/1.1'],
      rejectUnauthorized: false,
    });
    const abort = (): void => void secure.destroy(env.signal.reason as Error);
    const failed = (error: Error): void => {
      env.signal.removeEventListener('abort', abort);
      socket.destroy();
      reject(error === env.signal.reason ? error : explainHandshake(error, trace));
    };
    secure.on('error', failed);
    if (env.signal.aborted) return abort();
    env.signal.addEventListener('abort', abort, { once: true });
    secure.once('secureConnect', () => {
      env.signal.removeEventListener('abort', abort);
      trace.phases.tlsMs = (trace.phases.tlsMs ?? 0) + performance.now() - startedAt;
      if (!wish.verify || secure.authorized) return resolve(secure);
      const reason = new CheckError('certificate-invalid', explainCertificate(secure, wish));
      secure.destroy();
      reject(reason);
    });
  });
}

function explainHandshake(error: Error, trace: Trace): CheckError {
  const { code = '' } = error as NodeJS.ErrnoException;
  const told =
    code === 'ERR_SSL_WRONG_VERSION_NUMBER' || code === 'ERR_SSL_PACKET_LENGTH_TOO_LONG'
      ? `${trace.peer} does not speak TLS`
      : code === 'ECONNRESET'
        ? `${trace.peer} closed the connection during the TLS handshake`
        : /UNSUPPORTED_PROTOCOL|ALERT_PROTOCOL_VERSION/.test(code)
          ? `${trace.peer} speaks no TLS version that is still accepted`
          : /HANDSHAKE_FAILURE|NO_SHARED_CIPHER/.test(code)
            ? `${trace.peer} and HugOps share no cipher`
            : `TLS with ${trace.peer} failed (${code || error.message})`;
  return new CheckError('tls-failed', told);
}

const certificateTrouble: Record<string, string> = {
  CERT_NOT_YET_VALID: 'is not valid yet',
  CERT_REVOKED: 'was revoked',
  CERT_UNTRUSTED: 'is not trusted',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'is self-signed',
  SELF_SIGNED_CERT_IN_CHAIN: 'comes from an authority that is not trusted (self-signed certificate in the chain)',
  UNABLE_TO_GET_ISSUER_CERT: 'comes from an authority that is not known',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'comes from an authority that is not known',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'comes without the intermediate certificates that would prove it',
};

function explainCertificate(secure: TLSSocket, wish: TlsWish): string {
  const certificate = secure.getPeerCertificate();
  // Node documents an Error here and gives its code.
  const code = String(secure.authorizationError as unknown);
  if (code === 'CERT_HAS_EXPIRED') {
    return `the certificate of ${wish.serverName} expired on ${dateOf(Date.parse(certificate.valid_to))}`;
  }
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') {
    return `the certificate is for ${namesOf(certificate).slice(0, 5).join(', ') || 'no name'}, not for ${wish.serverName}`;
  }
  return `the certificate of ${wish.serverName} ${certificateTrouble[code] ?? `was not accepted (${code})`}`;
}

const namesOf = (certificate: PeerCertificate): string[] =>
  (certificate.subjectaltname ?? '').split(', ').flatMap((name) => name.match(/^(?:DNS|IP Address):(.+)$/)?.[1] ?? []);

const dateOf = (at: EpochMs): string =>
  Number.isFinite(at) ? new Date(at).toISOString().slice(0, 10) : 'an unknown day';

export interface CertificateFacts {
  validToAt: EpochMs;
  /** Whole days left; negative once expired. */
  daysLeft: number;
  observed: JsonObject;
}

/** What to remember of the certificate of a connection; undefined when there was none. */
export function certificateFacts(secure: TLSSocket, now: EpochMs): CertificateFacts | undefined {
  const certificate = secure.getPeerCertificate();
  if (!certificate.valid_to) return undefined;
  const validToAt = Date.parse(certificate.valid_to);
  const daysLeft = Math.floor((validToAt - now) / 86_400_000);
  return {
    validToAt,
    daysLeft,
    observed: {
      names: namesOf(certificate).slice(0, 20),
      issuer: String(certificate.issuer?.O ?? certificate.issuer?.CN ?? '').slice(0, 200),
      validToAt,
      daysLeft,
      protocol: secure.getProtocol(),
    },
  };
}
