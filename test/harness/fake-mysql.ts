import { constants, createHash, generateKeyPairSync, privateDecrypt } from 'node:crypto';
import type { Socket } from 'node:net';
import { createSecureContext, TLSSocket } from 'node:tls';
import type { MadeCertificate } from './certificates.ts';

export interface FakeMysqlState {
  /** What the greeting names; mysql_native_password by default. */
  plugin?: string;
  /** What this user has, where it is another: the server asks the client to switch. */
  userPlugin?: string;
  username?: string;
  password?: string;
  /** For caching_sha2_password: whether the server remembers the password from an earlier login. */
  isCached?: boolean;
  certificate?: MadeCertificate;
  /** Queries heard. */
  heard?: string[];
  /** What a query answers: a table of texts, an error, or the packets themselves. */
  answer?(sql: string): readonly (readonly (string | null)[])[] | { error: number; text: string } | Buffer[];
  /** Passwords that came in the clear or encrypted for the server's key. */
  passwords?: string[];
}

const hash = (algorithm: 'sha1' | 'sha256', ...parts: (Buffer | string)[]): Buffer => {
  const made = createHash(algorithm);
  for (const part of parts) made.update(part);
  return made.digest();
};
const xor = (a: Buffer, b: Buffer): Buffer => Buffer.from(a.map((byte, index) => byte ^ (b[index % b.length] ?? 0)));
const cstring = (text: string): Buffer => Buffer.from(`${text}\0`);
const challenge = Buffer.from('abcdefghijklmnopqrst');
const secondChallenge = Buffer.from('ABCDEFGHIJKLMNOPQRST');
const ok = Buffer.from([0, 0, 0, 2, 0, 0, 0]);
const end = Buffer.from([0xfe, 0, 0, 2, 0]);

export function mysqlError(code: number, text: string, withState = true): Buffer {
  const head = Buffer.from([0xff, code & 255, code >> 8]);
  return Buffer.concat([head, Buffer.from(`${withState ? '#28000' : ''}${text}`)]);
}

const lengthEncoded = (text: string | null): Buffer => {
  if (text === null) return Buffer.from([0xfb]);
  const bytes = Buffer.from(text);
  const head =
    bytes.length < 251 ? Buffer.from([bytes.length]) : Buffer.from([0xfc, bytes.length & 255, bytes.length >> 8]);
  return Buffer.concat([head, bytes]);
};

function greeting(plugin: string, offersTls: boolean): Buffer {
  const capabilities = 0x00088201 | 0x8 | 0x2000 | (offersTls ? 0x800 : 0);
  const low = Buffer.alloc(2);
  low.writeUInt16LE(capabilities & 0xffff);
  const high = Buffer.alloc(2);
  high.writeUInt16LE(capabilities >>> 16);
  return Buffer.concat([
    Buffer.from([10]),
    cstring('8.4.0-test'),
    Buffer.from([7, 0, 0, 0]),
    challenge.subarray(0, 8),
    Buffer.from([0]),
    low,
    Buffer.from([45, 2, 0]),
    high,
    Buffer.from([21]),
    Buffer.alloc(10),
    challenge.subarray(8),
    Buffer.from([0]),
    cstring(plugin),
  ]);
}

const keys = generateKeyPairSync('rsa', { modulusLength: 2048 });

/** What a right answer to the challenge is (MySQL manual, "Native Pluggable Authentication", "Caching SHA-2 Pluggable Authentication"). */
function rightAnswer(plugin: string, password: string, nonce: Buffer): Buffer {
  if (password === '') return Buffer.alloc(0);
  if (plugin === 'mysql_native_password') {
    const stage = hash('sha1', password);
    return xor(stage, hash('sha1', nonce, hash('sha1', stage)));
  }
  const stage = hash('sha256', password);
  return xor(stage, hash('sha256', hash('sha256', stage), nonce));
}

/** One connection of a fake MySQL server: greeting, TLS where asked for, login, COM_PING, COM_QUERY (protocol 4.1). */
class Session {
  readonly #state: FakeMysqlState;
  #socket: Socket;
  #pending: Buffer = Buffer.alloc(0);
  #sequence = 0;
  #onPacket: (packet: Buffer) => void;
  #isSecure = false;

  constructor(socket: Socket, state: FakeMysqlState) {
    this.#socket = socket;
    this.#state = state;
    this.#onPacket = (packet) => this.#onLogin(packet);
    this.#listen();
    this.#send(greeting(state.plugin ?? 'mysql_native_password', state.certificate !== undefined));
  }

  #listen(): void {
    this.#socket.on('error', () => undefined);
    this.#socket.on('data', (bytes: Buffer) => {
      this.#pending = Buffer.concat([this.#pending, bytes]);
      while (this.#pending.length >= 4) {
        const length = this.#pending.readUIntLE(0, 3);
        if (this.#pending.length < 4 + length) return;
        this.#sequence = ((this.#pending[3] ?? 0) + 1) & 255;
        const packet = this.#pending.subarray(4, 4 + length);
        this.#pending = this.#pending.subarray(4 + length);
        this.#onPacket(packet);
      }
    });
  }

  #send(body: Buffer): void {
    const head = Buffer.alloc(4);
    head.writeUIntLE(body.length, 0, 3);
    head[3] = this.#sequence++ & 255;
    this.#socket.write(Buffer.concat([head, body]));
  }

  #onLogin(packet: Buffer): void {
    const { certificate } = this.#state;
    if (packet.length === 32 && certificate) {
      this.#socket.removeAllListeners('data').pause();
      // The client does not wait before it begins: its greeting of TLS may have come along.
      if (this.#pending.length > 0) this.#socket.unshift(this.#pending);
      this.#pending = Buffer.alloc(0);
      const { cert, key } = certificate;
      this.#socket = new TLSSocket(this.#socket, { isServer: true, secureContext: createSecureContext({ cert, key }) });
      this.#isSecure = true;
      return this.#listen();
    }
    const nameEnd = packet.indexOf(0, 32);
    const username = packet.toString('utf8', 32, nameEnd);
    const size = packet[nameEnd + 1] ?? 0;
    const answer = packet.subarray(nameEnd + 2, nameEnd + 2 + size);
    const plugin = this.#state.plugin ?? 'mysql_native_password';
    const wanted = this.#state.userPlugin ?? plugin;
    if (wanted === plugin) return this.#judge(username, plugin, answer, challenge);
    this.#onPacket = (second) => this.#judge(username, wanted, second, secondChallenge);
    this.#send(Buffer.concat([Buffer.from([0xfe]), cstring(wanted), secondChallenge, Buffer.from([0])]));
  }

  #judge(username: string, plugin: string, answer: Buffer, nonce: Buffer): void {
    const { password = '', isCached = true, passwords } = this.#state;
    const isUser = username === (this.#state.username ?? 'alice');
    if (plugin === 'mysql_clear_password') {
      passwords?.push(answer.toString());
      return this.#finish(username, isUser && answer.toString() === `${password}\0`);
    }
    const isRight = isUser && answer.equals(rightAnswer(plugin, password, nonce));
    if (plugin === 'caching_sha2_password' && password !== '') {
      if (isCached && isRight) this.#send(Buffer.from([1, 3]));
      else {
        this.#onPacket = (packet) => this.#onFull(username, packet, nonce);
        return this.#send(Buffer.from([1, 4]));
      }
    }
    this.#finish(username, isRight);
  }

  /** Full authentication: the password itself over TLS, or encrypted for the key that the client asks for by the byte 2. */
  #onFull(username: string, packet: Buffer, nonce: Buffer): void {
    if (!this.#isSecure && packet.length === 1 && packet[0] === 2) {
      const pem = keys.publicKey.export({ type: 'spki', format: 'pem' });
      return this.#send(Buffer.concat([Buffer.from([1]), Buffer.from(pem)]));
    }
    const clear = this.#isSecure
      ? packet
      : xor(privateDecrypt({ key: keys.privateKey, padding: constants.RSA_PKCS1_OAEP_PADDING }, packet), nonce);
    this.#state.passwords?.push(clear.toString());
    this.#finish(username, clear.toString() === `${this.#state.password}\0`);
  }

  #finish(username: string, isRight: boolean): void {
    if (!isRight) {
      this.#send(mysqlError(1045, `Access denied for user '${username}'@'localhost'`));
      return void this.#socket.end();
    }
    this.#onPacket = (packet) => this.#onCommand(packet);
    this.#send(ok);
  }

  #onCommand(packet: Buffer): void {
    const sql = packet.toString('utf8', 1);
    if (packet[0] === 1) return void this.#socket.end();
    if (packet[0] === 0x0e) return this.#send(ok);
    if (packet[0] !== 3) return this.#send(mysqlError(1047, 'Unknown command'));
    this.#state.heard?.push(sql);
    const answer = /^(?:SET SESSION|START TRANSACTION)/.test(sql) ? [ok] : (this.#state.answer?.(sql) ?? [['1']]);
    if ('error' in answer) return this.#send(mysqlError(answer.error, answer.text));
    const [first] = answer;
    if (Buffer.isBuffer(first)) {
      for (const part of answer as Buffer[]) this.#send(part);
      return;
    }
    const rows = answer as (string | null)[][];
    const columns = rows[0]?.length ?? 1;
    this.#send(Buffer.from([columns]));
    for (let i = 0; i < columns; i++) {
      const names = ['def', '', '', '', `c${i}`, ''].map(lengthEncoded);
      this.#send(Buffer.concat([...names, Buffer.from([12, 45, 0, 255, 0, 0, 0, 253, 0, 0, 0, 0, 0])]));
    }
    this.#send(end);
    for (const row of rows) this.#send(Buffer.concat(row.map(lengthEncoded)));
    this.#send(end);
  }
}

/** Speaks MySQL's protocol on a socket. */
export const serveMysql =
  (state: FakeMysqlState = {}) =>
  (socket: Socket): void =>
    void new Session(socket, state);
