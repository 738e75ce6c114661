import { gunzipSync } from 'node:zlib';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { toArtefacts } from '../../../src/tell/artefact.ts';
import type { Publication } from '../../../src/tell/publication-store.ts';
import { openPushHttp } from '../../../src/tell/push/push-http.ts';
import { pushToS3 } from '../../../src/tell/push/push-s3.ts';
import { publishTargetSchema } from '../../../src/tell/push/push-target.ts';
import { type FakeS3, fakeS3Keys, startFakeS3 } from '../../harness/fake-s3.ts';

const now = Date.UTC(2026, 11, 3, 14, 40);
let s3: FakeS3;
const push = openPushHttp(2_000);
beforeEach(async () => {
  s3 = await startFakeS3();
});
afterEach(() => s3.close());

const page = {
  id: 'main',
  title: '',
  description: '',
  timeZone: 'UTC',
  url: 'https://status.example.com',
  updatedAt: 0,
};
const body = '<p>Everything is working.</p>'.repeat(20);

async function publication(paths: readonly string[]): Promise<Publication> {
  const files = paths.map((path) => ({ path, type: 'text/html', body, immutable: false, modifiedAt: now }));
  return { publishedAt: now, page, artefacts: await toArtefacts(files, new Map()) };
}

interface Given {
  paths?: readonly string[];
  secret?: string;
  [field: string]: unknown;
}

async function put({ paths = ['/'], secret = fakeS3Keys.secret, ...more }: Given = {}): Promise<Map<string, string>> {
  const target = publishTargetSchema.parse({
    kind: 's3',
    endpoint: s3.url,
    region: 'eu-test-1',
    bucket: 'status',
    accessKeyId: fakeS3Keys.id,
    secretAccessKey: '${env:S3}',
    ...more,
  });
  if (target.kind !== 's3') throw new Error('the schema changed the kind');
  const files = new Map<string, string>();
  await pushToS3(target, () => secret, push.http)({ publication: await publication(paths), files, isWhole: true, now });
  return files;
}

test('a redirect for a while is followed with a new signature', async () => {
  const other = await startFakeS3();
  s3.script({ status: 307, code: 'TemporaryRedirect', headers: { location: `${other.url}/status/moved-once` } });
  await put();
  expect(other.requests).toEqual(['PUT /status/moved-once 200']);
  await other.close();
});

test('a redirect for ever is not followed, and told with the region that the bucket names', async () => {
  const headers = { location: `${s3.url}/elsewhere`, 'x-amz-bucket-region': 'eu-west-3' };
  s3.script({ status: 301, code: 'PermanentRedirect', headers });
  await expect(put()).rejects.toThrow(
    'the storage redirects elsewhere, 301 (PermanentRedirect): look at the endpoint and region; the bucket says that it is in eu-west-3',
  );
  expect(s3.requests).toHaveLength(1);
});

test('a redirect in a circle, and one to another protocol, end', async () => {
  s3.script(...Array.from({ length: 4 }, () => ({ status: 307, headers: { location: `${s3.url}/status/again` } })));
  await expect(put()).rejects.toThrow('redirects elsewhere, 307');
  s3.script({ status: 307, headers: { location: 'file:///etc/passwd' } });
  await expect(put()).rejects.toThrow('redirects elsewhere, 307');
  expect(s3.requests).toHaveLength(5);
});

test.each([
  ['a wrong secret', { secret: 'another' }, 'the storage does not let this key write, 403 (SignatureDoesNotMatch)'],
  ['an unknown key', { accessKeyId: 'NOBODY' }, 'the storage does not let this key write, 403 (InvalidAccessKeyId)'],
  [
    'a wrong region',
    { region: 'us-east-1' },
    'the storage does not let this key write, 403 (AuthorizationHeaderMalformed)',
  ],
  ['no such bucket', { bucket: 'nowhere' }, 'the storage answered 404 (NoSuchBucket)'],
  ['a metadata service', { endpoint: 'http://169.254.169.254' }, 'never called'],
  ['a metadata service behind a name', { endpoint: 'http://[fe80::1]' }, 'never called'],
  ['nobody there', { endpoint: 'http://127.0.0.1:1' }, 'the connection was refused'],
])('%s is told in words', async (_, given, message) => {
  await expect(put(given)).rejects.toThrow(message);
  expect(s3.objects.size).toBe(0);
});

test('SlowDown is told with the time that it asks for, and what went before stays noted', async () => {
  s3.script({ status: 503, code: 'SlowDown', headers: { 'retry-after': '9' } });
  await expect(put()).rejects.toMatchObject({ message: 'the storage answered 503 (SlowDown)', retryAfterMs: 9_000 });
});

test('under a prefix and compressed, names of every kind arrive', async () => {
  const paths = ['/', '/feed.atom', "/incidents/inc_01~'()*!", '/components/größe'];
  await put({ paths, prefix: 'pages/main/', compress: true });
  expect([...s3.objects.keys()].toSorted()).toEqual(
    ['index.html', 'feed.atom', "incidents/inc_01~'()*!", 'components/größe']
      .map((key) => `pages/main/${key}`)
      .toSorted(),
  );
  const index = s3.objects.get('pages/main/index.html');
  expect(index?.encoding).toBe('gzip');
  expect(gunzipSync(index?.body ?? Buffer.alloc(0)).toString()).toBe(body);
});

test.each([
  ['not an address', { endpoint: 'storage.example.com' }, 'endpoint'],
  ['a password in the address', { endpoint: 'https://a:b@storage.example.com' }, 'endpoint'],
  ['a bucket that climbs', { bucket: '../other' }, 'bucket'],
  ['a prefix that climbs', { prefix: '../' }, 'prefix'],
  ['the secret itself', { secretAccessKey: 'wJalrXUtnFEMI' }, 'secretAccessKey'],
  ['an unknown field', { acl: 'public-read' }, ''],
])('%s is refused by its field', (_, more, field) => {
  const result = publishTargetSchema.safeParse({
    kind: 's3',
    endpoint: 'https://storage.example.com',
    bucket: 'status',
    accessKeyId: 'id',
    secretAccessKey: '${env:S3}',
    ...more,
  });
  expect(result.error?.issues[0]?.path.join('.')).toBe(field);
});
