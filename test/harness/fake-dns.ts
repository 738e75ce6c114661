import { createSocket } from 'node:dgram';
import { type AddressInfo, createServer, type Socket } from 'node:net';

const typeNumbers = { A: 1, NS: 2, CNAME: 5, SOA: 6, PTR: 12, MX: 15, TXT: 16, AAAA: 28, SRV: 33, CAA: 257 } as const;
export type DnsType = keyof typeof typeNumbers;

export interface FakeRecord {
  type: DnsType;
  data: Buffer;
}

/** 'missing': there is no such name. 'silence', 'fail' and 'refuse' are what they say; bytes go out as they are, with the question's id in front. */
export type FakeAnswer = readonly FakeRecord[] | 'missing' | 'silence' | 'fail' | 'refuse' | Buffer;

export interface FakeDns {
  port: number;
  /** `TYPE name`, and over which transport. */
  asked: string[];
  close(): Promise<void>;
}

const u16 = (...values: number[]): Buffer => Buffer.from(values.flatMap((value) => [value >> 8, value & 255]));
const u32 = (...values: number[]): Buffer => Buffer.concat(values.map((value) => u16(value >>> 16, value & 0xffff)));

/** A name as labels (RFC 1035, section 3.1), not compressed. */
export const dnsName = (name: string): Buffer =>
  Buffer.concat([
    ...name
      .split('.')
      .filter(Boolean)
      .map((label) => Buffer.concat([Buffer.from([label.length]), Buffer.from(label)])),
    Buffer.from([0]),
  ]);
const characterString = (text: string): Buffer => Buffer.concat([Buffer.from([text.length]), Buffer.from(text)]);

/** Records as RFC 1035, 2782, 3596 and 8659 lay them out. */
export const dnsRecord = {
  a: (address: string): FakeRecord => ({ type: 'A', data: Buffer.from(address.split('.').map(Number)) }),
  aaaa: (groups: string): FakeRecord => ({ type: 'AAAA', data: Buffer.from(groups.replaceAll(':', ''), 'hex') }),
  name: (type: 'NS' | 'CNAME' | 'PTR', name: string): FakeRecord => ({ type, data: dnsName(name) }),
  mx: (priority: number, name: string): FakeRecord => ({
    type: 'MX',
    data: Buffer.concat([u16(priority), dnsName(name)]),
  }),
  txt: (...parts: string[]): FakeRecord => ({ type: 'TXT', data: Buffer.concat(parts.map(characterString)) }),
  srv: (priority: number, weight: number, port: number, name: string): FakeRecord => ({
    type: 'SRV',
    data: Buffer.concat([u16(priority, weight, port), dnsName(name)]),
  }),
  caa: (flags: number, tag: string, value: string): FakeRecord => ({
    type: 'CAA',
    data: Buffer.concat([Buffer.from([flags]), characterString(tag), Buffer.from(value)]),
  }),
  soa: (server: string, contact: string, ...numbers: [number, number, number, number, number]): FakeRecord => ({
    type: 'SOA',
    data: Buffer.concat([dnsName(server), dnsName(contact), u32(...numbers)]),
  }),
};

interface Question {
  name: string;
  type: DnsType;
  end: number;
}

function readQuestion(query: Buffer): Question {
  const labels: string[] = [];
  let at = 12;
  for (let length = query[at] ?? 0; length > 0; length = query[at] ?? 0) {
    labels.push(query.toString('latin1', at + 1, at + 1 + length));
    at += 1 + length;
  }
  const number = query.readUInt16BE(at + 1);
  const [type = 'A'] = (Object.keys(typeNumbers) as DnsType[]).filter((key) => typeNumbers[key] === number);
  return { name: labels.join('.'), type, end: at + 5 };
}

const codes = { fail: 2, missing: 3, refuse: 5 } as const;

function encode(query: Buffer, { end }: Question, answer: Exclude<FakeAnswer, 'silence'>): Buffer {
  if (Buffer.isBuffer(answer)) return Buffer.concat([query.subarray(0, 2), answer]);
  const code = typeof answer === 'string' ? codes[answer] : 0;
  const records = typeof answer === 'string' ? [] : answer;
  const body = records.map(({ type, data }) =>
    Buffer.concat([u16(0xc00c, typeNumbers[type], 1), u32(60), u16(data.length), data]),
  );
  const head = Buffer.concat([query.subarray(0, 2), u16(0x8180 | code, 1, records.length, 0, 0)]);
  return Buffer.concat([head, query.subarray(12, end), ...body]);
}

/** A name server on loopback, over UDP, and over TCP on the same port where an answer is longer than 1232 bytes. */
export async function startDns(answers: (name: string, type: DnsType) => FakeAnswer): Promise<FakeDns> {
  const asked: string[] = [];
  const reply = (query: Buffer, transport: string): Buffer | undefined => {
    const question = readQuestion(query);
    asked.push(`${question.type} ${question.name} ${transport}`);
    const answer = answers(question.name, question.type);
    return answer === 'silence' ? undefined : encode(query, question, answer);
  };
  const sockets = new Set<Socket>();
  const tcp = createServer((socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => undefined);
    socket.on('data', (bytes: Buffer) => {
      const answer = reply(bytes.subarray(2), 'tcp');
      if (answer) socket.end(Buffer.concat([u16(answer.length), answer]));
    });
  });
  await new Promise<void>((resolve) => void tcp.listen(0, '127.0.0.1', resolve));
  const { port } = tcp.address() as AddressInfo;
  const udp = createSocket('udp4');
  udp.on('message', (query, from) => {
    const answer = reply(query, 'udp');
    if (!answer) return;
    const isLong = answer.length > 1232;
    const { end } = readQuestion(query);
    const cut = Buffer.concat([query.subarray(0, 2), u16(0x8380, 1, 0, 0, 0), query.subarray(12, end)]);
    udp.send(isLong ? cut : answer, from.port, from.address);
  });
  await new Promise<void>((resolve) => void udp.bind(port, '127.0.0.1', resolve));
  return {
    port,
    asked,
    async close() {
      await new Promise<void>((resolve) => void udp.close(() => resolve()));
      await new Promise<void>((resolve) => {
        tcp.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      });
    },
  };
}
