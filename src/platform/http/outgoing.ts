import { lookup as systemLookup } from 'node:dns';
import { BlockList, isIP, type LookupFunction } from 'node:net';

// Link-local addresses and the other places where clouds hand credentials to whoever asks from inside (AWS, Alibaba, Azure, Oracle).
const forbidden = new BlockList();
forbidden.addSubnet('169.254.0.0', 16, 'ipv4');
forbidden.addSubnet('fe80::', 10, 'ipv6');
forbidden.addAddress('fd00:ec2::254', 'ipv6');
forbidden.addAddress('100.100.100.200', 'ipv4');
forbidden.addAddress('168.63.129.16', 'ipv4');
forbidden.addAddress('192.0.0.192', 'ipv4');
// The same, seen through NAT64.
forbidden.addSubnet('64:ff9b::a9fe:0', 112, 'ipv6');

const isForbidden = (address: string): boolean => forbidden.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4');

/** The code of the error with which a request to a metadata service ends before it begins. */
export const neverCalledCode = 'EFORBIDDEN';

/** Whether the URL names such an address itself; names are looked at by `guardedLookup`. */
export function isNeverCalled(url: URL): boolean {
  const host = url.hostname.replace(/^\[|\]$/g, '');
  return isIP(host) !== 0 && isForbidden(host);
}

/** Checks the address that is really connected to, so that a name cannot point elsewhere between check and use. */
export function guardedLookup(lookup: LookupFunction = systemLookup as LookupFunction): LookupFunction {
  return (hostname, options, callback) =>
    lookup(hostname, options, (error, address, family) => {
      const found = typeof address === 'string' ? [address] : (address ?? []).map((entry) => entry.address);
      if (!error && found.some(isForbidden)) {
        callback(Object.assign(new Error('forbidden address'), { code: neverCalledCode }), '', 0);
      } else callback(error, address, family);
    });
}

/** The code that Node.js or undici gives a failed request. */
export function errorCodeOf(error: unknown): string {
  const { code, cause } = error as { code?: unknown; cause?: { code?: unknown } };
  return typeof code === 'string' ? code : typeof cause?.code === 'string' ? cause.code : 'EUNKNOWN';
}

const words: Record<string, string> = {
  ETIMEDOUT: 'no answer in time',
  UND_ERR_CONNECT_TIMEOUT: 'no answer in time',
  UND_ERR_HEADERS_TIMEOUT: 'no answer in time',
  ECONNREFUSED: 'the connection was refused',
  ECONNRESET: 'the connection broke before the answer',
  UND_ERR_SOCKET: 'the connection broke before the answer',
  EPIPE: 'the connection broke before the answer',
  ENOTFOUND: 'the host name cannot be found',
  EAI_AGAIN: 'the host name could not be looked up now',
  EHOSTUNREACH: 'the host cannot be reached',
  ENETUNREACH: 'the network cannot be reached',
  [neverCalledCode]: 'the address belongs to a link-local or metadata service, which is never called',
};

export const isCertificateCode = (code: string): boolean =>
  /CERT|SIGNATURE|_CHAIN|UNABLE_TO|ERR_TLS|ERR_SSL|EPROTO/.test(code);

/** Fixed words for a code: an error's own message may quote the URL, and the URL may be the secret. */
export const wordsForCode = (code: string): string =>
  words[code] ?? (isCertificateCode(code) ? `the certificate is not valid (${code})` : `the request failed (${code})`);
