import { afterEach, describe, expect, it } from 'vitest';
import { checkConfigSchema } from '../../../src/watch/index.ts';
import { openFakeInternet } from '../../harness/fake-internet.ts';
import { waitUntil } from '../../harness/wait-until.ts';
import { runOnce, type TestRun } from './check-environment.ts';

const internet = openFakeInternet();
afterEach(() => internet.close());

const ask = async (steps: object[], config: object = {}, options: TestRun = {}): ReturnType<typeof runOnce> =>
  runOnce('http-steps', { steps: steps as never, ...config }, options);

describe('an HTTP check in steps', () => {
  it('carries values by JSON path, regular expression and header, and cookies', async () => {
    const host = await internet.http((request, response) => {
      if (request.url === '/login') {
        response.setHeader('set-cookie', ['sid=s-123; Path=/; HttpOnly; Expires=Wed, 21 Oct 2099 07:28:00 GMT', 'b=2']);
        response.setHeader('x-request', 'req/77; v=1');
        response.writeHead(302, { location: '/home' }).end();
      } else if (request.url === '/home') response.end('{"token":"tok en","n":5,"html":"<b data-id=\\"x1\\">"}');
      else response.end('fine');
    });
    const outcome = await ask(
      [
        {
          label: 'sign in',
          url: `${host.url}/login`,
          method: 'POST',
          body: '{"p":"${env:P}"}',
          save: [
            { as: 'token', from: 'json', path: '$.token' },
            { as: 'count', from: 'json', path: '$.n' },
            { as: 'id', from: 'body', matches: 'data-id=\\\\"(.+?)\\\\"' },
          ],
        },
        {
          label: 'use it',
          url: `${host.url}/items/{{id}}?q={{token}}`,
          method: 'PUT',
          headers: { 'X-Token': 'T {{token}}' },
          body: '{"n":{{count}}}',
          expect: [{ on: 'body', is: 'equals', value: 'fine' }],
        },
      ],
      {},
      { secrets: { 'env:P': 'hunter22' } },
    );
    expect(outcome.error).toBeUndefined();
    expect(outcome.observed).toMatchObject({
      status: 200,
      steps: [
        { label: 'sign in', status: 200, totalMs: expect.any(Number) },
        { label: 'use it', status: 200 },
      ],
    });
    expect(host.heard).toMatchObject([
      { method: 'POST', path: '/login', body: '{"p":"hunter22"}' },
      { method: 'GET', path: '/home', headers: { cookie: 'sid=s-123; b=2' } },
      {
        method: 'PUT',
        path: '/items/x1?q=tok%20en',
        body: '{"n":5}',
        headers: { 'x-token': 'T tok en', cookie: 'sid=s-123; b=2' },
      },
    ]);
  });

  it('takes a part of a header, sends cookies to their own host only, and forgets them when told', async () => {
    const other = await internet.http();
    const host = await internet.http((request, response) => {
      response.setHeader('location', '/orders/42?x');
      response.setHeader('set-cookie', request.url === '/a' ? ['a=1', 'only=tls; Secure'] : 'a=; Max-Age=0');
      response.statusCode = 201;
      response.end();
    });
    const step = { save: [{ as: 'order', from: 'header', header: 'Location', matches: '/orders/(\\d+)' }] };
    const outcome = await ask([
      { url: `${host.url}/a`, ...step },
      { url: `${other.url.replace('127.0.0.1', 'localhost')}/{{order}}` },
      { url: `${host.url}/b` },
      { url: `${host.url}/c` },
    ]);
    expect(outcome.error).toBeUndefined();
    expect(other.heard[0]).toMatchObject({ path: '/42' });
    expect(other.heard[0]?.headers).not.toHaveProperty('cookie');
    expect(host.heard.map(({ headers }) => headers.cookie)).toEqual([undefined, 'a=1', undefined]);
    const without = await internet.http((_request, response) => response.setHeader('set-cookie', 'a=1').end());
    await ask([{ url: without.url }, { url: without.url }], { keepCookies: false });
    expect(without.heard[1]?.headers).not.toHaveProperty('cookie');
  });

  it('ends with the first step that fails, and names it', async () => {
    const host = await internet.http((request, response) => {
      response.statusCode = request.url === '/bad' ? 500 : 200;
      response.end(request.url === '/bad' ? 'you sent secret-1' : '{"token":"secret-1","list":[1]}');
    });
    const first = { url: `${host.url}/ok`, save: [{ as: 'token', from: 'json', path: '$.token' }] };
    const failed = await ask(
      [first, { label: 'orders', url: `${host.url}/bad`, bearer: '${env:T}' }, first],
      {},
      { secrets: { 'env:T': 'ttt' } },
    );
    expect(failed.error).toEqual({
      code: 'assertion-failed',
      message: 'step 2 (orders): status 500, expected 200-299',
    });
    expect(failed.observed).toMatchObject({ body: 'you sent [secret]', steps: [{}, { label: 'orders', status: 500 }] });
    expect(host.heard).toHaveLength(2);
    const told = async (save: object): Promise<unknown> =>
      (await ask([{ url: host.url, save: [{ as: 'x', ...save }] }])).error?.message;
    expect(await told({ from: 'json', path: '$.gone' })).toBe(
      'step 1: $.gone is missing, so there is nothing to keep as x',
    );
    expect(await told({ from: 'json', path: '$.list' })).toMatch(/\$\.list is no plain value/);
    expect(await told({ from: 'body', matches: 'zzz' })).toMatch(/the body does not match "zzz"/);
    expect(await told({ from: 'header', header: 'X-Gone' })).toMatch(/the header x-gone is missing/);
    host.behave((_request, response) => response.end('<html>'));
    expect(await told({ from: 'json', path: '$.token' })).toMatch(/the body is not valid JSON/);
  });

  it('refers to no secret that a server names', async () => {
    const host = await internet.http((_request, response) => response.end('{"v":"${env:ROOT}"}'));
    const steps = [
      { url: host.url, save: [{ as: 'v', from: 'json', path: '$.v' }] },
      { url: `${host.url}/?q={{v}}`, method: 'POST', headers: { 'x-v': '{{v}}' }, body: '{{v}}' },
    ];
    const outcome = await ask(steps, {}, { secrets: { 'env:ROOT': 'hunter22' } });
    expect(outcome.error).toBeUndefined();
    expect(JSON.stringify(host.heard)).not.toContain('hunter22');
    expect(host.heard[1]?.body).toBe('$ {env:ROOT}');
  });

  it('ends within one time-out for all steps, and goes where checks may go only', async () => {
    const host = await internet.http((request, response) => (request.url === '/slow' ? undefined : response.end('ok')));
    const outcome = await ask([{ url: host.url }, { url: `${host.url}/slow` }], {}, { timeoutMs: 300 });
    expect(outcome.error).toEqual({
      code: 'timeout',
      message: `step 2: connected to 127.0.0.1:${host.port}, but no answer came within 300 ms`,
    });
    await waitUntil('every connection is closed', () => host.openSockets() === 0);
    const meta = await ask([{ url: host.url }, { url: 'http://169.254.169.254/' }]);
    expect(meta.error?.code).toBe('forbidden-address');
    expect((await ask([{ url: host.url }], {}, { allowPrivateNetworks: false })).error?.code).toBe('forbidden-address');
  });

  it('is refused with a reason when a step needs what no step before it saves', () => {
    const complaints = (steps: object[]): unknown =>
      checkConfigSchema
        .safeParse({ kind: 'http-steps', steps })
        .error?.issues.map(({ path, message }) => [path.join('.'), message]);
    const url = 'https://example.com/';
    expect(complaints([{ url: `${url}{{id}}`, save: [{ as: 'id', from: 'json', path: '$.id' }] }])).toEqual([
      ['steps.0', 'no step before this one saves {{id}}'],
    ]);
    expect(complaints([{ url, save: [{ as: 'id', from: 'body', matches: '(a' }] }])).toEqual([
      ['steps.0.save.0.matches', 'a ( has no )'],
    ]);
    expect(
      complaints([{ url, save: [{ as: 'id', from: 'json', path: '$.id' }] }, { url: `${url}{{id}}` }]),
    ).toBeUndefined();
  });
});
