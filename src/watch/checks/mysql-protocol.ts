import { constants, createHash, publicEncrypt } from 'node:crypto';
import { CheckError } from './check-kind.ts';
import type { QueryResult } from './value-expect.ts';
import type { Wire } from './wire.ts';

/** The packets of the MySQL client/server protocol (dev.mysql.com, "MySQL Internals") that a login, a ping and a text query need. MariaDB speaks it too. */

const maxPacketBytes = 1_048_576;

const foreign = (peer: string): CheckError => new CheckError('bad-answer', `${peer} does not speak the MySQL protocol`);

/** Packets are numbered within an exchange; a new command begins at 0. */
export class PacketStream {
  readonly peer: string;
  readonly #wire: Wire;
  #next = 0;

  constructor(wire: Wire, peer: string) {
    this.#wire = wire;
    this.peer = peer;
  }

  async read(what: string): Promise<Buffer> {
    const head = await this.#wire.read(4, what);
    const length = head.readUIntLE(0, 3);
    if (head[3] !== this.#next || length === 0 || length > maxPacketBytes) throw foreign(this.peer);
    this.#next = (this.#next + 1) & 255;
    return this.#wire.read(length, what);
  }

  send(body: Buffer): void {
    const head = Buffer.alloc(4);
    head.writeUIntLE(body.length, 0, 3);
    head[3] = this.#next;
    this.#next = (this.#next + 1) & 255;
    this.#wire.send(Buffer.concat([head, body]));
  }

  command(code: number, argument = ''): void {
    this.#next = 0;
    this.send(Buffer.concat([Buffer.from([code]), Buffer.from(argument, 'utf8')]));
  }
}

export const isError = (packet: Buffer): boolean => packet[0] === 0xff;
/** Ends a list of columns or of rows; a row may begin with the same byte, but is longer then. */
const isEnd = (packet: Buffer): boolean => packet[0] === 0xfe && packet.length < 9;

/** `Access denied for user 'alice' (1045)`. */
export function errorWords(packet: Buffer): string {
  if (packet.length < 3) return 'no reason given';
  // Before the login there is no state of SQL in front of the words.
  const from = packet[3] === 0x23 ? 9 : 3;
  return `${packet.toString('utf8', from).slice(0, 300)} (${packet.readUInt16LE(1)})`;
}

export interface Greeting {
  version: string;
  capabilities: number;
  /** 20 bytes. */
  challenge: Buffer;
  plugin: string;
}

const capability = {
  longPassword: 0x1,
  connectWithDatabase: 0x8,
  protocol41: 0x200,
  tls: 0x800,
  transactions: 0x2000,
  secureConnection: 0x8000,
  pluginAuth: 0x80000,
};

/** Reads the server's first packet (protocol version 10). Throws CheckError with the server's words when it lets nobody in. */
export function readGreeting(packet: Buffer, peer: string): Greeting {
  if (isError(packet)) throw new CheckError('bad-answer', `${peer} refuses connections: ${errorWords(packet)}`);
  const end = packet.indexOf(0, 1);
  // What follows the version: thread, challenge and flags, at least up to the second half of the challenge.
  if (packet[0] !== 10 || end < 0 || packet.length < end + 32 + 12) throw foreign(peer);
  const at = end + 1;
  const capabilities = (packet.readUInt16LE(at + 13) | (packet.readUInt16LE(at + 18) << 16)) >>> 0;
  const nameAt = at + 31 + Math.max(13, (packet[at + 20] ?? 0) - 8);
  const nameEnd = packet.indexOf(0, nameAt);
  return {
    version: packet.toString('latin1', 1, end).slice(0, 100),
    capabilities,
    challenge: Buffer.concat([packet.subarray(at + 4, at + 12), packet.subarray(at + 31, at + 43)]),
    plugin: packet.toString('latin1', nameAt, nameEnd < 0 ? packet.length : nameEnd) || 'mysql_native_password',
  };
}

export const offersTls = ({ capabilities }: Greeting): boolean => (capabilities & capability.tls) !== 0;

interface Login {
  username: string;
  password: string;
  database: string | undefined;
  isEncrypted: boolean;
}

const utf8mb4 = 45;

function loginHead({ database, isEncrypted }: Pick<Login, 'database' | 'isEncrypted'>): Buffer {
  const head = Buffer.alloc(32);
  const { connectWithDatabase, tls, ...always } = capability;
  let flags = Object.values(always).reduce((all, flag) => all | flag, 0);
  if (database !== undefined) flags |= connectWithDatabase;
  if (isEncrypted) flags |= tls;
  head.writeUInt32LE(flags >>> 0, 0);
  head.writeUInt32LE(maxPacketBytes, 4);
  head[8] = utf8mb4;
  return head;
}

/** Asks for TLS, in the place of the login. */
export const tlsRequest = (database: string | undefined): Buffer => loginHead({ database, isEncrypted: true });

function loginPacket(login: Login, plugin: string, answer: Buffer): Buffer {
  const zero = Buffer.from([0]);
  return Buffer.concat([
    loginHead(login),
    Buffer.from(login.username, 'utf8'),
    zero,
    Buffer.from([answer.length]),
    answer,
    ...(login.database === undefined ? [] : [Buffer.from(login.database, 'utf8'), zero]),
    Buffer.from(plugin, 'latin1'),
    zero,
  ]);
}

const hash = (algorithm: 'sha1' | 'sha256', ...parts: Buffer[]): Buffer =>
  createHash(algorithm).update(Buffer.concat(parts)).digest();
const xor = (a: Buffer, b: Buffer): Buffer => Buffer.from(a.map((byte, index) => byte ^ (b[index % b.length] ?? 0)));

/** The answer to a challenge, of a plugin that is known; undefined otherwise. An empty password is answered by nothing. */
function answerChallenge(plugin: string, login: Login, challenge: Buffer, peer: string): Buffer | undefined {
  const password = Buffer.from(login.password, 'utf8');
  switch (plugin) {
    case 'mysql_native_password': {
      if (password.length === 0) return password;
      const stage = hash('sha1', password);
      return xor(stage, hash('sha1', challenge, hash('sha1', stage)));
    }
    case 'caching_sha2_password': {
      if (password.length === 0) return password;
      const stage = hash('sha256', password);
      return xor(stage, hash('sha256', hash('sha256', stage), challenge));
    }
    case 'mysql_clear_password':
      if (!login.isEncrypted) {
        throw new CheckError('bad-answer', `${peer} wants the password in the clear; HugOps sends it over TLS only`);
      }
      return Buffer.concat([password, Buffer.from([0])]);
    default:
      return undefined;
  }
}

const unknownPlugin = (peer: string, plugin: string): CheckError =>
  new CheckError(
    'bad-answer',
    `${peer} wants a way of logging in that HugOps does not know: ${plugin.replaceAll(/[^\w.-]/g, '').slice(0, 60)}`,
  );

/** Logs in, whichever of the known ways the server chooses. Throws CheckError. */
export async function logIn(packets: PacketStream, greeting: Greeting, login: Login): Promise<void> {
  const what = 'the answer to the login';
  const { peer } = packets;
  let { challenge, plugin } = greeting;
  // What the server has as its default may not be what this user has; it says so after the first try.
  const first = answerChallenge(plugin, login, challenge, peer);
  if (first === undefined) plugin = 'mysql_native_password';
  packets.send(loginPacket(login, plugin, first ?? answerChallenge(plugin, login, challenge, peer) ?? challenge));
  for (let turn = 0; turn < 6; turn++) {
    const packet = await packets.read(what);
    if (packet[0] === 0) return;
    if (isError(packet)) throw new CheckError('bad-answer', `${peer} refused the login: ${errorWords(packet)}`);
    if (packet[0] === 0xfe) {
      const end = packet.indexOf(0, 1);
      plugin = packet.toString('latin1', 1, end < 0 ? packet.length : end);
      challenge = packet.subarray(end + 1, end + 21);
      const answer = end < 0 || challenge.length < 20 ? undefined : answerChallenge(plugin, login, challenge, peer);
      if (answer === undefined) throw unknownPlugin(peer, plugin);
      packets.send(answer);
    } else if (packet[0] === 1 && plugin === 'caching_sha2_password') {
      // 3: the server remembers the password, and says OK next. 4: it wants the password itself.
      if (packet[1] === 4) await sendPassword(packets, login, challenge);
      else if (packet[1] !== 3) throw foreign(peer);
    } else throw foreign(peer);
  }
  throw foreign(peer);
}

/** The password over TLS, or encrypted for the server's RSA key. */
async function sendPassword(packets: PacketStream, login: Login, challenge: Buffer): Promise<void> {
  const password = Buffer.concat([Buffer.from(login.password, 'utf8'), Buffer.from([0])]);
  if (login.isEncrypted) return packets.send(password);
  packets.send(Buffer.from([2]));
  const answer = await packets.read("the server's key");
  if (isError(answer)) {
    throw new CheckError('bad-answer', `${packets.peer} refused the login: ${errorWords(answer)}`);
  }
  let encrypted: Buffer;
  try {
    const key = { key: answer.toString('latin1', 1), padding: constants.RSA_PKCS1_OAEP_PADDING };
    encrypted = publicEncrypt(key, xor(password, challenge));
  } catch {
    throw new CheckError('bad-answer', `${packets.peer} sent a key that is none`);
  }
  packets.send(encrypted);
}

const maxColumns = 4096;

/** Runs a query and reads its rows as text. Throws CheckError with the server's own words. */
export async function runQuery(packets: PacketStream, sql: string, what: string): Promise<QueryResult> {
  packets.command(0x03, sql);
  const result: QueryResult = { rows: 0, first: undefined };
  const failed = (packet: Buffer): CheckError =>
    new CheckError('assertion-failed', `the query failed: ${errorWords(packet)}`);
  const head = await packets.read(what);
  if (isError(head)) throw failed(head);
  if (head[0] === 0) return result;
  // The server asks for a file of ours; a client that obeyed would hand out anything.
  if (head[0] === 0xfb) throw new CheckError('bad-answer', `${packets.peer} asked for a file of this machine`);
  const columns = lengthAt(head, 0)?.value ?? 0;
  if (columns < 1 || columns > maxColumns) throw foreign(packets.peer);
  for (let i = 0; i < columns; i++) await packets.read(what);
  if (!isEnd(await packets.read(what))) throw foreign(packets.peer);
  for (;;) {
    const row = await packets.read(what);
    if (isError(row)) throw failed(row);
    if (isEnd(row)) return result;
    if (result.rows++ === 0) result.first = firstValue(row);
  }
}

/** A number of one to nine bytes, and where what it counts begins; undefined for NULL. */
function lengthAt(bytes: Buffer, at: number): { value: number; next: number } | undefined {
  const lead = bytes[at] ?? 0xfb;
  if (lead < 0xfb) return { value: lead, next: at + 1 };
  const size = lead === 0xfc ? 2 : lead === 0xfd ? 3 : lead === 0xfe ? 6 : 0;
  if (size === 0 || bytes.length < at + 1 + size) return undefined;
  return { value: bytes.readUIntLE(at + 1, size), next: at + 1 + (lead === 0xfe ? 8 : size) };
}

function firstValue(row: Buffer): string | undefined {
  const length = lengthAt(row, 0);
  return length && row.toString('utf8', length.next, length.next + length.value);
}
