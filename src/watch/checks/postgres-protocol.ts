import { createHash, createHmac, pbkdf2, randomBytes, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';
import { CheckError } from './check-kind.ts';
import type { Wire } from './wire.ts';

/** The messages of PostgreSQL's protocol 3.0 (manual, part "Frontend/Backend Protocol") that a login and a simple query need. */

export interface Message {
  type: string;
  body: Buffer;
}

const maxMessageBytes = 1_048_576;

/** The next message. Throws CheckError `bad-answer` when it is none. */
export async function readMessage(wire: Wire, what: string, peer: string): Promise<Message> {
  const head = await wire.read(5, what);
  const type = head.toString('latin1', 0, 1);
  const length = head.readUInt32BE(1);
  if (!/[A-Za-z0-9]/.test(type) || length < 4 || length > maxMessageBytes) {
    throw new CheckError('bad-answer', `${peer} does not speak the PostgreSQL protocol`);
  }
  return { type, body: await wire.read(length - 4, what) };
}

const int32 = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
};
const cstring = (text: string): Buffer => Buffer.from(`${text}\0`, 'utf8');

export function message(type: string, ...parts: Buffer[]): Buffer {
  const body = Buffer.concat(parts);
  return Buffer.concat([Buffer.from(type, 'latin1'), int32(body.length + 4), body]);
}

/** Asks for TLS; the answer is one byte, S or N. */
export const sslRequest = Buffer.concat([int32(8), int32(80_877_103)]);

export function startupMessage(parameters: Record<string, string>): Buffer {
  const pairs = Object.entries(parameters).flatMap(([name, value]) => [cstring(name), cstring(value)]);
  const body = Buffer.concat([int32(196_608), ...pairs, Buffer.from([0])]);
  return Buffer.concat([int32(body.length + 4), body]);
}

export const queryMessage = (sql: string): Buffer => message('Q', cstring(sql));
export const terminateMessage = message('X');

/** `relation "orders" does not exist (42P01)`. */
export function errorWords(body: Buffer): string {
  const fields = new Map(
    body
      .toString('utf8')
      .split('\0')
      .filter((field) => field !== '')
      .map((field) => [field.charAt(0), field.slice(1)]),
  );
  const text = (fields.get('M') ?? 'no reason given').slice(0, 300);
  const code = fields.get('C');
  return code === undefined ? text : `${text} (${code})`;
}

/** The first value of a row: its text, or undefined for NULL or a row without columns. */
export function firstValue(row: Buffer): string | undefined {
  if (row.length < 6 || row.readUInt16BE(0) === 0) return undefined;
  const length = row.readInt32BE(2);
  return length < 0 ? undefined : row.toString('utf8', 6, 6 + length);
}

interface Login {
  username: string;
  password: string | undefined;
  isEncrypted: boolean;
}

/** Answers what the server asks until it lets us in. Throws CheckError. */
export async function authenticate(wire: Wire, login: Login, peer: string): Promise<void> {
  let scram: ScramClient | undefined;
  for (;;) {
    const { type, body } = await readMessage(wire, 'the answer to the login', peer);
    if (type === 'E') throw new CheckError('bad-answer', `${peer} refused the login: ${errorWords(body)}`);
    if (type === 'N' || type === 'v') continue;
    if (type !== 'R' || body.length < 4) {
      throw new CheckError('bad-answer', `${peer} does not speak the PostgreSQL protocol`);
    }
    const method = body.readInt32BE(0);
    const data = body.subarray(4);
    if (method === 0) {
      if (scram && !scram.isProven()) {
        throw new CheckError('bad-answer', `${peer} did not prove that it knows the password`);
      }
      return;
    }
    const password = passwordFor(login, method, peer);
    if (method === 3) wire.send(message('p', cstring(password)));
    else if (method === 5) wire.send(message('p', cstring(md5Answer(login.username, password, data))));
    else if (method === 10) {
      if (!data.toString('latin1').split('\0').includes('SCRAM-SHA-256')) throw unknownMethod(peer);
      scram = new ScramClient(password, peer);
      const first = Buffer.from(scram.first());
      wire.send(message('p', cstring('SCRAM-SHA-256'), int32(first.length), first));
    } else if (method === 11 && scram) wire.send(message('p', Buffer.from(await scram.final(data.toString('utf8')))));
    else if (method === 12 && scram) scram.verify(data.toString('utf8'));
    else throw unknownMethod(peer);
  }
}

const unknownMethod = (peer: string): CheckError =>
  new CheckError('bad-answer', `${peer} wants a way of logging in that HugOps does not know`);

function passwordFor(login: Login, method: number, peer: string): string {
  if (login.password === undefined) throw new CheckError('bad-answer', `${peer} wants a password, and none is given`);
  if (method === 3 && !login.isEncrypted) {
    throw new CheckError('bad-answer', `${peer} wants the password in the clear; HugOps sends it over TLS only`);
  }
  return login.password;
}

const md5 = (...parts: (string | Buffer)[]): string => {
  const hash = createHash('md5');
  for (const part of parts) hash.update(part);
  return hash.digest('hex');
};
const md5Answer = (username: string, password: string, salt: Buffer): string =>
  `md5${md5(md5(password, username), salt.subarray(0, 4))}`;

const derive = promisify(pbkdf2);
const hmac = (key: Buffer, text: string): Buffer => createHmac('sha256', key).update(text).digest();
// Half a second of work on another thread; servers ask for 4096 as a rule.
const maxIterations = 1_000_000;

/** The client's half of SCRAM-SHA-256 without channel binding (RFC 5802, RFC 7677). */
class ScramClient {
  readonly #password: string;
  readonly #peer: string;
  readonly #nonce = randomBytes(18).toString('base64');
  #signature: Buffer | undefined;
  #proven = false;

  constructor(password: string, peer: string) {
    // SASLprep (RFC 4013) comes down to NFKC for all that people use as passwords.
    this.#password = password.normalize('NFKC');
    this.#peer = peer;
  }

  first(): string {
    return `n,,n=,r=${this.#nonce}`;
  }

  async final(serverFirst: string): Promise<string> {
    const [, nonce = '', salt = '', count = ''] = /^r=([^,]+),s=([A-Za-z0-9+/=]+),i=(\d{1,9})/.exec(serverFirst) ?? [];
    const iterations = Number(count);
    if (!nonce.startsWith(this.#nonce) || nonce === this.#nonce || iterations < 1 || iterations > maxIterations) {
      throw new CheckError('bad-answer', `${this.#peer} sent a login challenge that makes no sense`);
    }
    const salted = await derive(this.#password, Buffer.from(salt, 'base64'), iterations, 32, 'sha256');
    const clientKey = hmac(salted, 'Client Key');
    const bare = `c=biws,r=${nonce}`;
    const proved = `n=,r=${this.#nonce},${serverFirst},${bare}`;
    const signature = hmac(createHash('sha256').update(clientKey).digest(), proved);
    const proof = clientKey.map((byte, index) => byte ^ (signature[index] ?? 0));
    this.#signature = hmac(hmac(salted, 'Server Key'), proved);
    return `${bare},p=${Buffer.from(proof).toString('base64')}`;
  }

  verify(serverFinal: string): void {
    const given = Buffer.from(/^v=([A-Za-z0-9+/=]+)/.exec(serverFinal)?.[1] ?? '', 'base64');
    const expected = this.#signature;
    this.#proven = expected !== undefined && given.length === expected.length && timingSafeEqual(given, expected);
  }

  isProven(): boolean {
    return this.#proven;
  }
}
