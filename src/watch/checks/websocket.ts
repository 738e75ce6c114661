import { createHash, randomBytes } from 'node:crypto';
import { z } from 'zod';
import { CheckError, type CheckEnv, defineCheck, type Outcome } from './check-kind.ts';
import { AnswerReader } from './http-answer.ts';
import { headersField } from './http-config.ts';
import { refuseLineBreaks } from './http-request.ts';
import { secretText } from './secrets.ts';
import { routeFields, targetOf, tlsFields, tlsWish } from './target-fields.ts';
import { beginRun, concludeRun, type TracedRun } from './traced-run.ts';
import { compileValue, valueExpectation, type ValueJudge } from './value-expect.ts';
import { overWire, type Wire } from './wire.ts';

const isSocketUrl = (text: string): boolean => {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  return url !== undefined && /^wss?:$/.test(url.protocol) && url.username === '' && url.password === '';
};

const schema = z.strictObject({
  url: z
    .string()
    .max(4000)
    .refine(isSocketUrl, { error: 'write a URL that begins with ws:// or wss://, without a user name in it' })
    .meta({ title: 'URL', description: 'What is connected to', examples: ['wss://example.com/live'] }),
  headers: headersField
    .default({})
    .meta({ title: 'Headers', description: 'Sent with the handshake; values may refer to secrets' }),
  bearer: secretText.optional().meta({ title: 'Bearer token', description: 'A reference to the token' }),
  subprotocol: z
    .string()
    .regex(/^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,100}$/, { error: 'write the name of a subprotocol' })
    .optional()
    .meta({ title: 'Subprotocol', description: 'Asked for, and to be agreed on' }),
  ...routeFields,
  ...tlsFields,
  send: z
    .string()
    .max(10_000)
    .optional()
    .meta({ title: 'Send', description: 'A text message sent once connected; may refer to secrets' }),
  expect: valueExpectation.optional().meta({
    title: 'Expect',
    description: 'What one of the messages that come must be like; without it the handshake is enough',
  }),
});

type SocketConfig = z.output<typeof schema>;

// RFC 6455, section 1.3.
const magic = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';
const maxMessageBytes = 262_144;
const maxMessages = 100;

/** The opening handshake (RFC 6455, section 4). Throws CheckError when the server does not agree to it. */
async function shakeHands(wire: Wire, config: SocketConfig, url: URL, { trace, secrets }: TracedRun): Promise<void> {
  const key = randomBytes(16).toString('base64');
  let head = `GET ${url.pathname}${url.search} HTTP/1.1\r\nhost: ${url.host}\r\nupgrade: websocket\r\nconnection: Upgrade\r\n`;
  head += `sec-websocket-key: ${key}\r\nsec-websocket-version: 13\r\nuser-agent: HugOps\r\n`;
  if (config.subprotocol !== undefined) head += `sec-websocket-protocol: ${config.subprotocol}\r\n`;
  const headers = new Map<string, string>();
  for (const [name, value] of Object.entries(config.headers)) headers.set(name.toLowerCase(), secrets.fill(value));
  if (config.bearer !== undefined) headers.set('authorization', `Bearer ${secrets.fill(config.bearer)}`);
  refuseLineBreaks(headers);
  for (const [name, value] of headers) head += `${name}: ${value}\r\n`;
  wire.send(Buffer.from(`${head}\r\n`, 'utf8'));
  const begin = await wire.read(5, 'the answer to the handshake');
  const reader = new AnswerReader('GET', 0);
  if (begin.toString('latin1') !== 'HTTP/') reader.push(begin);
  reader.push(Buffer.concat([begin, await wire.readUntil('\r\n\r\n', 65_536, 'the answer to the handshake')]));
  const { status, headers: given } = reader.answer;
  if (status !== 101) {
    throw new CheckError('bad-answer', `${trace.peer} refused the handshake: status ${status}, expected 101`);
  }
  const proof = createHash('sha1').update(`${key}${magic}`).digest('base64');
  if (given.get('upgrade')?.toLowerCase() !== 'websocket' || given.get('sec-websocket-accept') !== proof) {
    throw new CheckError('bad-answer', `${trace.peer} agreed to the handshake without the right words`);
  }
  const agreed = given.get('sec-websocket-protocol');
  if (config.subprotocol !== undefined && agreed !== config.subprotocol) {
    throw new CheckError('assertion-failed', `${trace.peer} did not agree to the subprotocol ${config.subprotocol}`);
  }
}

/** A whole frame, masked as a client must (RFC 6455, section 5.3). */
function frame(opcode: number, payload: Buffer): Buffer {
  const { length } = payload;
  const size = Buffer.alloc(length < 126 ? 1 : length < 65_536 ? 3 : 9);
  size[0] = 0x80 | (length < 126 ? length : length < 65_536 ? 126 : 127);
  if (size.length === 3) size.writeUInt16BE(length, 1);
  if (size.length === 9) size.writeBigUInt64BE(BigInt(length), 1);
  const mask = randomBytes(4);
  const masked = payload.map((byte, index) => byte ^ (mask[index & 3] ?? 0));
  return Buffer.concat([Buffer.from([0x80 | opcode]), size, mask, masked]);
}

interface Frame {
  isLast: boolean;
  opcode: number;
  payload: Buffer;
}

async function readFrame(wire: Wire, what: string, peer: string): Promise<Frame> {
  const head = await wire.read(2, what);
  const [first = 0, second = 0] = head;
  const isControl = (first & 8) !== 0;
  let length = second & 127;
  // No extension was asked for, so the reserved bits must be clear; servers do not mask; control frames are short and whole.
  if ((first & 0x70) !== 0 || second > 127 || (isControl && (length > 125 || first < 0x80))) {
    throw new CheckError('bad-answer', `${peer} sent a frame that breaks the WebSocket protocol`);
  }
  if (length === 126) length = (await wire.read(2, what)).readUInt16BE(0);
  else if (length === 127) length = Number((await wire.read(8, what)).readBigUInt64BE(0));
  if (length > maxMessageBytes) {
    throw new CheckError('bad-answer', `${peer} sent a message of more than ${maxMessageBytes / 1024} KiB`);
  }
  return { isLast: first >= 0x80, opcode: first & 15, payload: await wire.read(length, what) };
}

/** The next message that is for us: pings are answered, fragments put together. */
async function readMessage(wire: Wire, peer: string): Promise<string> {
  const what = 'a message as expected';
  const parts: Buffer[] = [];
  let size = 0;
  for (;;) {
    const { isLast, opcode, payload } = await readFrame(wire, what, peer);
    if (opcode === 9) wire.send(frame(10, payload));
    if (opcode === 8) {
      const code =
        payload.length >= 2 ? ` (${payload.readUInt16BE(0)} ${payload.toString('utf8', 2).slice(0, 100)})` : '';
      throw new CheckError(
        'closed-early',
        `${peer} closed the WebSocket before ${what} came${code.replace(' )', ')')}`,
      );
    }
    if (opcode > 7) continue;
    const isFirst = opcode !== 0;
    if (opcode > 2 || isFirst !== (parts.length === 0)) {
      throw new CheckError('bad-answer', `${peer} sent a frame that breaks the WebSocket protocol`);
    }
    size += payload.length;
    if (size > maxMessageBytes) {
      throw new CheckError('bad-answer', `${peer} sent a message of more than ${maxMessageBytes / 1024} KiB`);
    }
    parts.push(payload);
    if (isLast) return Buffer.concat(parts).toString('utf8');
  }
}

function runWebsocket(config: SocketConfig, env: CheckEnv): Promise<Outcome> {
  const run = beginRun(env);
  const { trace, secrets } = run;
  let last: string | undefined;

  async function expectMessage(wire: Wire, judge: ValueJudge): Promise<void> {
    for (let count = 0; count < maxMessages; count++) {
      last = await readMessage(wire, trace.peer);
      if (judge('the message', last) === undefined) return;
    }
    throw new CheckError('assertion-failed', `none of the first ${maxMessages} messages is as expected`);
  }

  const work = async (): Promise<void> => {
    const filled = secrets.fill(config.url, encodeURIComponent);
    if (!URL.canParse(filled)) {
      throw new CheckError('config-invalid', 'the URL is not valid once its secrets are filled in');
    }
    const url = new URL(filled);
    const isSecure = url.protocol === 'wss:';
    const host = url.hostname.startsWith('[') ? url.hostname.slice(1, -1) : url.hostname;
    const port = url.port === '' ? (isSecure ? 443 : 80) : Number(url.port);
    const tls = isSecure ? tlsWish(config, host, secrets, ['http/1.1']) : undefined;
    const talk = async (wire: Wire): Promise<void> => {
      await shakeHands(wire, config, url, run);
      if (config.send !== undefined) wire.send(frame(1, Buffer.from(secrets.fill(config.send), 'utf8')));
      if (config.expect) await expectMessage(wire, compileValue(config.expect));
      // 1000: we are done.
      wire.send(frame(8, Buffer.from([0x03, 0xe8])));
    };
    await overWire(targetOf({ ...config, host, port }), env, trace, talk, { tls });
  };
  return concludeRun(run, work, () => ({
    peer: trace.peer,
    ...(last === undefined ? {} : { message: secrets.hide(last).slice(0, 500).replaceAll('\0', '\uFFFD') }),
  }));
}

/** The handshake of RFC 6455, and a message where one is expected. */
export const websocketCheck = defineCheck({
  kind: 'websocket',
  label: 'WebSocket',
  summary: 'The handshake of a WebSocket and, where wanted, a message sent and one that must come.',
  example: {
    url: 'wss://example.com/live',
    send: '{"subscribe":"prices"}',
    expect: { is: 'contains', value: '"subscribed"' },
  },
  schema,
  hostOf: (config) => new URL(config.url).host,
  run: runWebsocket,
});
