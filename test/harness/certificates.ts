import { createHash, createSign, generateKeyPairSync, type KeyObject, randomBytes } from 'node:crypto';

/** A certificate made at run time, with its key, both in PEM. */
export interface MadeCertificate {
  cert: string;
  key: string;
}

export interface Authority extends MadeCertificate {
  name: string;
  /** Signs a certificate for the names (DNS names and IP addresses) that is valid between the two times (epoch ms). */
  issue(names: readonly string[], validFromAt: number, validToAt: number, keys?: 'ec' | 'rsa'): MadeCertificate;
}

// X.509 in DER (RFC 5280, X.690), no more of it than OpenSSL needs to judge a chain of two.
const tlv = (tag: number, ...parts: Buffer[]): Buffer => {
  const body = Buffer.concat(parts);
  if (body.length < 128) return Buffer.concat([Buffer.from([tag, body.length]), body]);
  const size = Buffer.from(
    body.length.toString(16).padStart(body.length > 0xffff ? 6 : body.length > 0xff ? 4 : 2, '0'),
    'hex',
  );
  return Buffer.concat([Buffer.from([tag, 0x80 | size.length]), size, body]);
};
const sequence = (...parts: Buffer[]): Buffer => tlv(0x30, ...parts);
const set = (...parts: Buffer[]): Buffer => tlv(0x31, ...parts);
const octets = (bytes: Buffer): Buffer => tlv(0x04, bytes);
const bits = (bytes: Buffer): Buffer => tlv(0x03, Buffer.from([0]), bytes);
const yes = tlv(0x01, Buffer.from([0xff]));
const integer = (bytes: Buffer): Buffer => tlv(0x02, bytes);

function oid(dotted: string): Buffer {
  const [a = 0, b = 0, ...rest] = dotted.split('.').map(Number);
  const bytes = [a * 40 + b];
  for (const arc of rest) {
    const septets = [arc & 127];
    for (let left = arc >>> 7; left > 0; left >>>= 7) septets.unshift((left & 127) | 128);
    bytes.push(...septets);
  }
  return tlv(0x06, Buffer.from(bytes));
}

const name = (common: string): Buffer => sequence(set(sequence(oid('2.5.4.3'), tlv(0x0c, Buffer.from(common)))));
/** GeneralizedTime, good for any year. */
const time = (at: number): Buffer =>
  tlv(
    0x18,
    Buffer.from(
      `${new Date(at)
        .toISOString()
        .replace(/[-:T]|\.\d+/g, '')
        .slice(0, 14)}Z`,
    ),
  );
const ecdsaSha256 = sequence(oid('1.2.840.10045.4.3.2'));
const extension = (id: string, critical: boolean, value: Buffer): Buffer =>
  sequence(oid(id), ...(critical ? [yes] : []), octets(value));

const altNames = (names: readonly string[]): Buffer =>
  sequence(
    ...names.map((one) =>
      /^[\d.]+$/.test(one) ? tlv(0x87, Buffer.from(one.split('.').map(Number))) : tlv(0x82, Buffer.from(one)),
    ),
  );

interface Wish {
  subject: string;
  issuer: string;
  publicKey: KeyObject;
  signWith: KeyObject;
  validFromAt: number;
  validToAt: number;
  extensions: Buffer[];
}

function makePem(wish: Wish): string {
  const body = sequence(
    tlv(0xa0, integer(Buffer.from([2]))),
    integer(Buffer.concat([Buffer.from([1]), randomBytes(8)])),
    ecdsaSha256,
    name(wish.issuer),
    sequence(time(wish.validFromAt), time(wish.validToAt)),
    name(wish.subject),
    wish.publicKey.export({ type: 'spki', format: 'der' }),
    tlv(0xa3, sequence(...wish.extensions)),
  );
  const signature = createSign('sha256').update(body).sign(wish.signWith);
  const lines =
    sequence(body, ecdsaSha256, bits(signature))
      .toString('base64')
      .match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`;
}

const newKeys = (): { publicKey: KeyObject; privateKey: KeyObject } =>
  generateKeyPairSync('ec', { namedCurve: 'P-256' });
const keyPem = (key: KeyObject): string => String(key.export({ type: 'pkcs8', format: 'pem' }));
const keyId = (key: KeyObject): Buffer =>
  createHash('sha1')
    .update(key.export({ type: 'spki', format: 'der' }))
    .digest();

/** A certificate authority of one's own, valid from 1 January 2000 to 2100. */
export function createAuthority(authorityName: string): Authority {
  const keys = newKeys();
  const ca = extension('2.5.29.19', true, sequence(yes));
  const subjectKey = extension('2.5.29.14', false, octets(keyId(keys.publicKey)));
  const cert = makePem({
    subject: authorityName,
    issuer: authorityName,
    publicKey: keys.publicKey,
    signWith: keys.privateKey,
    validFromAt: Date.UTC(2000, 0, 1),
    validToAt: Date.UTC(2100, 0, 1),
    extensions: [ca, subjectKey],
  });
  return {
    name: authorityName,
    cert,
    key: keyPem(keys.privateKey),
    issue(names, validFromAt, validToAt, kind = 'ec') {
      const own = kind === 'ec' ? newKeys() : generateKeyPairSync('rsa', { modulusLength: 2048 });
      const authorityKey = extension('2.5.29.35', false, sequence(tlv(0x80, keyId(keys.publicKey))));
      const made = makePem({
        subject: names[0] ?? '',
        issuer: authorityName,
        publicKey: own.publicKey,
        signWith: keys.privateKey,
        validFromAt,
        validToAt,
        extensions: [extension('2.5.29.17', false, altNames(names)), authorityKey],
      });
      return { cert: made, key: keyPem(own.privateKey) };
    },
  };
}

/** A certificate that only it itself vouches for. */
export function selfSigned(names: readonly string[], validFromAt: number, validToAt: number): MadeCertificate {
  const keys = newKeys();
  const subject = names[0] ?? '';
  const extensions = [extension('2.5.29.17', false, altNames(names))];
  const cert = makePem({
    subject,
    issuer: subject,
    publicKey: keys.publicKey,
    signWith: keys.privateKey,
    validFromAt,
    validToAt,
    extensions,
  });
  return { cert, key: keyPem(keys.privateKey) };
}
