import { z } from 'zod';
import { CheckError, type CheckEnv, defineCheck, type Outcome } from './check-kind.ts';
import { openSocket } from './connect.ts';
import { callHttp2, type Http2Answer } from './http2-call.ts';
import { headersField } from './http-config.ts';
import { refuseLineBreaks } from './http-request.ts';
import { startTls } from './start-tls.ts';
import { serverNameField, targetFields, targetOf, tlsFields, tlsWish } from './target-fields.ts';
import { beginRun, concludeRun, type TracedRun } from './traced-run.ts';

const schema = z.strictObject({
  ...targetFields(443, 'api.example.com'),
  tls: z.boolean().default(true).meta({ title: 'TLS', description: 'Connect over TLS' }),
  serverName: serverNameField,
  ...tlsFields,
  service: z.string().max(500).default('').meta({
    title: 'Service',
    description: 'The service whose health is asked for, as in `shop.v1.Cart`; empty for the whole server',
  }),
  metadata: headersField
    .default({})
    .meta({ title: 'Metadata', description: 'Sent with the call; values may refer to secrets' }),
});

type GrpcConfig = z.output<typeof schema>;

// The service of https://github.com/grpc/grpc/blob/master/doc/health-checking.md: a request with one string, an answer with one number.
const method = '/grpc.health.v1.Health/Check';
const servingStates = ['UNKNOWN', 'SERVING', 'NOT_SERVING', 'SERVICE_UNKNOWN'];
const maxAnswerBytes = 65_536;

// https://github.com/grpc/grpc/blob/master/doc/statuscodes.md
const statusNames = [
  'OK',
  'CANCELLED',
  'UNKNOWN',
  'INVALID_ARGUMENT',
  'DEADLINE_EXCEEDED',
  'NOT_FOUND',
  'ALREADY_EXISTS',
  'PERMISSION_DENIED',
  'RESOURCE_EXHAUSTED',
  'FAILED_PRECONDITION',
  'ABORTED',
  'OUT_OF_RANGE',
  'UNIMPLEMENTED',
  'INTERNAL',
  'UNAVAILABLE',
  'DATA_LOSS',
  'UNAUTHENTICATED',
];

/** A number of protocol buffers' making: seven bits a byte, the lowest first. */
function varint(value: number): number[] {
  const bytes: number[] = [];
  for (let left = value; ; left >>>= 7) {
    if (left < 128) return [...bytes, left];
    bytes.push((left & 127) | 128);
  }
}

/** The request as a gRPC message: not compressed, four bytes of length, field 1 as a string. */
function requestBody(service: string): Buffer {
  const name = Buffer.from(service, 'utf8');
  const body = name.length === 0 ? name : Buffer.concat([Buffer.from([0x0a, ...varint(name.length)]), name]);
  const head = Buffer.alloc(5);
  head.writeUInt32BE(body.length, 1);
  return Buffer.concat([head, body]);
}

function readVarint(bytes: Buffer, from: number): { value: number; next: number } | undefined {
  let value = 0;
  for (let at = from; at < Math.min(bytes.length, from + 10); at++) {
    const byte = bytes[at] ?? 0;
    // Only the low bits of a number this long matter here, and none that is valid is that long.
    if (at - from < 4) value |= (byte & 127) << (7 * (at - from));
    if (byte < 128) return { value, next: at + 1 };
  }
  return undefined;
}

/** Field 1 of the answer; 0 where it is left out. Fields that are not known are skipped. Undefined when these bytes are no message. */
function servingStatus(message: Buffer): number | undefined {
  let status = 0;
  for (let at = 0; at < message.length;) {
    const tag = readVarint(message, at);
    if (!tag || tag.value >> 3 === 0) return undefined;
    const wireType = tag.value & 7;
    const number = wireType === 0 || wireType === 2 ? readVarint(message, tag.next) : undefined;
    if (wireType === 0 && number) {
      if (tag.value >> 3 === 1) status = number.value;
      at = number.next;
    } else if (wireType === 2 && number) at = number.next + number.value;
    else if (wireType === 1) at = tag.next + 8;
    else if (wireType === 5) at = tag.next + 4;
    else return undefined;
    if (at > message.length) return undefined;
  }
  return status;
}

function judge(answer: Http2Answer, peer: string, service: string): void {
  const noGrpc = (why: string): CheckError => new CheckError('bad-answer', `${peer} does not speak gRPC: ${why}`);
  if (answer.truncated) throw noGrpc(`its answer is longer than ${maxAnswerBytes / 1024} KiB`);
  const state = answer.trailers.get('grpc-status') ?? answer.headers.get('grpc-status');
  if (answer.status !== 200) throw noGrpc(`status ${answer.status}`);
  if (state === undefined || !/^\d{1,3}$/.test(state)) throw noGrpc('its answer has no grpc-status');
  const code = Number(state);
  if (code !== 0) {
    const told = answer.trailers.get('grpc-message') ?? answer.headers.get('grpc-message') ?? '';
    const message = told === '' ? '' : `: ${decodeMessage(told)}`;
    const name = statusNames[code] ?? `status ${code}`;
    if (code === 5) throw new CheckError('assertion-failed', `${peer} knows no service "${service}" (NOT_FOUND)`);
    if (code === 12) {
      throw new CheckError('bad-answer', `${peer} offers no health service (UNIMPLEMENTED${message})`);
    }
    throw new CheckError('bad-answer', `${peer} answered ${name}${message}`);
  }
  const { body } = answer;
  if (body.length < 5 || body.readUInt32BE(1) !== body.length - 5 || body[0] !== 0) {
    throw noGrpc('its answer is no single message');
  }
  const serving = servingStatus(body.subarray(5));
  if (serving === undefined) throw noGrpc('its answer is no health');
  if (serving === 1) return;
  const what = service === '' ? 'the server' : `the service ${service}`;
  throw new CheckError(
    'assertion-failed',
    `${what} is ${servingStates[serving] ?? `in state ${serving}`}, expected SERVING`,
  );
}

/** grpc-message is percent-encoded; what is not well formed is left as it is. */
function decodeMessage(text: string): string {
  try {
    return decodeURIComponent(text).slice(0, 200);
  } catch {
    return text.slice(0, 200);
  }
}

async function call(config: GrpcConfig, run: TracedRun): Promise<Http2Answer> {
  const { env, trace, secrets } = run;
  const headers = new Map<string, string>();
  for (const [name, value] of Object.entries(config.metadata)) headers.set(name.toLowerCase(), secrets.fill(value));
  refuseLineBreaks(headers);
  headers.set('content-type', 'application/grpc').set('te', 'trailers').set('user-agent', 'HugOps');
  headers.set('grpc-timeout', `${Math.min(99_999_999, Math.ceil(env.timeoutMs))}m`);
  const name = config.serverName ?? config.host;
  const authority = name.includes(':') ? `[${name}]` : name;
  const url = new URL(`${config.tls ? 'https' : 'http'}://${authority}:${config.port}${method}`);
  const plain = await openSocket(targetOf(config), env, trace);
  let socket = plain;
  if (config.tls) {
    const tls = await startTls(plain, tlsWish(config, name, secrets, ['h2']), env, trace);
    if (tls.alpnProtocol !== 'h2') {
      tls.destroy();
      throw new CheckError('bad-answer', `${trace.peer} does not speak HTTP/2, which gRPC needs`);
    }
    socket = tls;
  }
  const request = { url, method: 'POST', headers, body: requestBody(config.service) };
  return callHttp2(socket, request, { maxBodyBytes: maxAnswerBytes, signal: env.signal }, trace);
}

function runGrpc(config: GrpcConfig, env: CheckEnv): Promise<Outcome> {
  const run = beginRun(env);
  const work = async (): Promise<void> => judge(await call(config, run), run.trace.peer, config.service);
  return concludeRun(run, work, () => ({ peer: run.trace.peer }));
}

/** The standard health service of gRPC. */
export const grpcCheck = defineCheck({
  kind: 'grpc',
  label: 'gRPC health',
  summary: 'The standard health service of gRPC (`grpc.health.v1.Health/Check`): satisfied when it answers SERVING.',
  example: { host: 'api.example.com', service: 'shop.v1.Cart' },
  schema,
  hostOf: (config) => `${config.host}:${config.port}`,
  run: runGrpc,
});
