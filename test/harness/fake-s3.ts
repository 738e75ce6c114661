import { createHash, createHmac } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** An answer in place of the usual one. */
export interface Scripted {
  status: number;
  code?: string;
  headers?: Record<string, string>;
}

export interface StoredObject {
  body: Buffer;
  type: string;
  cacheControl: string;
  encoding: string | undefined;
}

export interface FakeS3 {
  url: string;
  objects: Map<string, StoredObject>;
  /** Every request that was answered, as `PUT /bucket/key 200`. */
  requests: string[];
  /** Answers the next requests with these, one each. */
  script(...answers: Scripted[]): void;
  close(): Promise<void>;
}

const keys = { id: 'AKIDEXAMPLE', secret: 'a secret/with+signs' };
export const fakeS3Keys = keys;

/**
 * S3 as its documentation describes it (REST API: PUT and DELETE of objects, errors as XML), for one bucket `status` in region `eu-test-1`. It
 * computes each signature again from what arrived and refuses what does not fit.
 */
export async function startFakeS3(): Promise<FakeS3> {
  const objects = new Map<string, StoredObject>();
  const requests: string[] = [];
  const scripted: Scripted[] = [];
  const server = createServer((request, response) => {
    void readBody(request).then((body) => {
      const answer = scripted.shift() ?? handle(objects, request, body);
      requests.push(`${request.method} ${request.url} ${answer.status}`);
      reply(response, answer);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    objects,
    requests,
    script: (...answers) => void scripted.push(...answers),
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function handle(objects: Map<string, StoredObject>, request: IncomingMessage, body: Buffer): Scripted {
  const fault = faultOf(request, body);
  if (fault !== undefined) return { status: 403, code: fault };
  const [, bucket, ...rest] = decodeURIComponent(request.url ?? '').split('/');
  if (bucket !== 'status') return { status: 404, code: 'NoSuchBucket' };
  const key = rest.join('/');
  if (request.method === 'DELETE') {
    objects.delete(key);
    return { status: 204 };
  }
  if (request.method !== 'PUT') return { status: 405, code: 'MethodNotAllowed' };
  if (request.headers['content-length'] === undefined) return { status: 411, code: 'MissingContentLength' };
  objects.set(key, {
    body,
    type: request.headers['content-type'] ?? '',
    cacheControl: request.headers['cache-control'] ?? '',
    encoding: request.headers['content-encoding'],
  });
  return { status: 200 };
}

const sha256 = (data: string | Buffer): string => createHash('sha256').update(data).digest('hex');
const hmac = (key: string | Buffer, text: string): Buffer => createHmac('sha256', key).update(text).digest();

/** The code of the error that S3 would answer, or undefined when the request is signed as it must be. */
function faultOf(request: IncomingMessage, body: Buffer): string | undefined {
  const form =
    /^AWS4-HMAC-SHA256 Credential=([^/]+)\/(\d{8})\/([^/]+)\/s3\/aws4_request, ?SignedHeaders=([^,]+), ?Signature=([0-9a-f]{64})$/;
  const [, id, day = '', region = '', signed = '', signature] = form.exec(request.headers.authorization ?? '') ?? [];
  if (id === undefined) return 'AccessDenied';
  if (id !== keys.id) return 'InvalidAccessKeyId';
  if (region !== 'eu-test-1') return 'AuthorizationHeaderMalformed';
  const stamp = String(request.headers['x-amz-date']);
  const names = signed.split(';');
  if (!stamp.startsWith(day) || !names.includes('host') || !names.includes('x-amz-content-sha256'))
    return 'AccessDenied';
  if (request.headers['x-amz-content-sha256'] !== sha256(body)) return 'XAmzContentSHA256Mismatch';
  const headers = names.map((name) => `${name}:${String(request.headers[name]).trim()}\n`).join('');
  const [path = '', query = ''] = (request.url ?? '').split('?');
  const canonical = `${request.method}\n${path}\n${query}\n${headers}\n${signed}\n${sha256(body)}`;
  const text = `AWS4-HMAC-SHA256\n${stamp}\n${day}/${region}/s3/aws4_request\n${sha256(canonical)}`;
  const key = hmac(hmac(hmac(hmac(`AWS4${keys.secret}`, day), region), 's3'), 'aws4_request');
  return hmac(key, text).toString('hex') === signature ? undefined : 'SignatureDoesNotMatch';
}

function reply(response: ServerResponse, { status, code, headers }: Scripted): void {
  response.writeHead(status, { 'content-type': 'application/xml', ...headers });
  response.end(
    code === undefined
      ? ''
      : `<?xml version="1.0" encoding="UTF-8"?><Error><Code>${code}</Code><Message>${code}</Message><AWSAccessKeyId>${keys.id}</AWSAccessKeyId></Error>`,
  );
}

async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}
