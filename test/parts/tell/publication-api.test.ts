import { afterAll, beforeAll, expect, test } from 'vitest';
import type { PublicationView } from '../../../src/tell/schemas.ts';
import { openTestApp, type TestApp } from '../../harness/app.ts';
import { type FakeS3, fakeS3Keys, startFakeS3 } from '../../harness/fake-s3.ts';

let s3: FakeS3;
let app: TestApp;
const yaml = (endpoint: string): string => `
services: { checkout: { name: Checkout } }
statusPage:
  title: Example Shop
  publishTo:
    bucket:
      kind: s3
      endpoint: ${endpoint}
      region: eu-test-1
      bucket: status
      accessKeyId: ${fakeS3Keys.id}
      secretAccessKey: \${env:S3_SECRET}
  groups: [{ name: Shop, components: [{ service: checkout }] }]
`;
beforeAll(async () => {
  s3 = await startFakeS3();
  app = await openTestApp({ yaml: yaml(s3.url), variables: { S3_SECRET: fakeS3Keys.secret } });
  await app.app.tick();
});
afterAll(async () => {
  await app.stop();
  await s3.close();
});

const read = async (): Promise<PublicationView> => (await app.api('GET', '/publication')).body as PublicationView;

test('what hugops.yaml names gets the page, and everybody sees how old it is there; the secret stays a reference', async () => {
  expect(s3.objects.get('index.html')?.body.toString()).toContain('Example Shop');
  const view = await read();
  expect(view.publishedAt).toBe(app.clock.now());
  expect(view.targets).toEqual([
    expect.objectContaining({ id: 'main.bucket', ownedBy: 'file', publishedAt: view.publishedAt, error: null }),
  ]);
  const row = await app.app.ctx.db.selectFrom('publish_targets').select('config').executeTakeFirstOrThrow();
  expect(row.config['secretAccessKey']).toBe('${env:S3_SECRET}');
});

const cache = { kind: 'purge', url: 'https://cdn.example.com/purge', secret: '${env:HUGOPS_SECRET_CDN}' };

test('a target of the API is added and taken away; one of the file stays', async () => {
  const { status, body } = await app.api('POST', '/publish-targets', {
    target: { ...cache, secret: '${env:S3_SECRET}' },
  });
  expect(status).toBe(201);
  const { id } = body as { id: string };
  await app.pass(2_000);
  // A reference of the console may not name what only the file may.
  expect((await read()).targets.find((target) => target.id === id)?.error).toBe(
    'the secret ${env:S3_SECRET} is not there',
  );
  expect((await app.api('DELETE', `/publish-targets/${id}`)).status).toBe(204);
  expect((await read()).targets.map((target) => target.id)).toEqual(['main.bucket']);
  expect((await app.api('DELETE', '/publish-targets/main.bucket')).body).toMatchObject({ code: 'owned-by-file' });
  expect((await app.api('DELETE', '/publish-targets/tgt_nobody')).status).toBe(404);
});

test.each([
  ['a directory', { target: { kind: 'directory', path: '/etc' } }, 'target.kind'],
  ['another protocol', { target: { ...cache, url: 'ftp://cdn.example.com' } }, 'target.url'],
  ['a secret itself', { target: { ...cache, secret: 'whsec_abc' } }, 'target.secret'],
  ['a page that is not there', { pageId: 'nowhere', target: cache }, 'pageId'],
  ['nothing', {}, 'target'],
])('%s is refused by its field', async (_, body, path) => {
  const answer = await app.api('POST', '/publish-targets', body);
  expect(answer.status).toBe(400);
  expect((answer.body as { errors: { path: string }[] }).errors[0]?.path).toBe(path);
});
