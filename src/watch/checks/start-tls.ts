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
  /** What we show when we are asked who we are, in PEM. */
  identity?: { certificate: string; key: string } | undefined;
  /** Protocols offered by ALPN; none when left out. */
  alpn?: readonly string[] | undefined;
}

// Reading the well-known authorities costs milliseconds, so contexts are shared. Few installations have more than one private authority.
const contexts = new Map<string, SecureContext>();
const maxContexts = 50;

function contextFor({ ca, identity }: TlsWish): SecureContext {
  const key = identity ? `${ca ?? ''}\0${identity.certificate}\0${identity.key}` : (ca ?? '');
  const known = contexts.get(key);
  if (known) return known;
  if (contexts.size >= maxContexts) contexts.clear();
  const made = createSecureContext({
    ...(ca === undefined ? {} : { ca }),
    ...(identity === undefined ? {} : { cert: identity.certificate, key: identity.key }),
  });
  contexts.set(key, made);
  return made;
}

function makeContext(wish: TlsWish, socket: Socket): SecureContext {
  try {
    return contextFor(wish);
  } catch (error) {
    socket.destroy();
    const { code = '' } = error as NodeJS.ErrnoException;
    if (code.includes('KEY_VALUES_MISMATCH')) {
      throw new CheckError('config-invalid', 'the key does not belong to the client certificate');
    }
    const what = wish.identity ? 'the client certificate, its key or the CA certificate' : 'the CA certificate';
    throw new CheckError('config-invalid', `${what} is not valid PEM`);
  }
}

/** TLS over a connected socket. The certificate is judged here, so that the reason of a refusal can be told; `verify: false` accepts any. */
export function startTls(socket: Socket, wish: TlsWish, env: CheckEnv, trace: Trace): Promise<TLSSocket> {
  const startedAt = performance.now();
  trace.stage = 'tls';
  // A handshake writes several times; each would wait for the acknowledgement of the one before. One plain request does not.
  socket.setNoDelay(true);
  return new Promise((resolve, reject) => {
    const context = makeContext(wish, socket);
    const secure = connect({
      socket,
      host: wish.serverName,
      servername: isIP(wish.serverName) === 0 ? wish.serverName : '',
      secureContext: context,
      ...(wish.alpn === undefined ? {} : { ALPNProtocols: [...wish.alpn] }),
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
      const reason = explainCertificate(secure, wish.serverName);
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
            ? `${trace.peer} refused the TLS handshake: no cipher in common, or it wants a client certificate`
            : /NO_APPLICATION_PROTOCOL/.test(code)
              ? `${trace.peer} offers TLS, but not for this protocol`
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

/** Why the certificate of a connection was not accepted. */
export function explainCertificate(secure: TLSSocket, serverName: string): CheckError {
  return new CheckError('certificate-invalid', certificateWords(secure, serverName));
}

function certificateWords(secure: TLSSocket, serverName: string): string {
  const certificate = secure.getPeerCertificate();
  // Node documents an Error here and gives its code.
  const code = String(secure.authorizationError as unknown);
  if (code === 'CERT_HAS_EXPIRED') {
    return `the certificate of ${serverName} expired on ${dateOf(Date.parse(certificate.valid_to))}`;
  }
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') {
    return `the certificate is for ${namesOf(certificate).slice(0, 5).join(', ') || 'no name'}, not for ${serverName}`;
  }
  return `the certificate of ${serverName} ${certificateTrouble[code] ?? `was not accepted (${code})`}`;
}

export const namesOf = (certificate: PeerCertificate): string[] =>
  (certificate.subjectaltname ?? '').split(', ').flatMap((name) => name.match(/^(?:DNS|IP Address):(.+)$/)?.[1] ?? []);

export const dateOf = (at: EpochMs): string =>
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
