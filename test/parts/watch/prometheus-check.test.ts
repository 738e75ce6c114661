import { afterEach, describe, expect, it } from 'vitest';
import { openFakeInternet } from '../../harness/fake-internet.ts';
import { waitUntil } from '../../harness/wait-until.ts';
import { runOnce, type TestRun } from './check-environment.ts';

const internet = openFakeInternet();
afterEach(() => internet.close());

const at = 1_767_225_600.123;
const vector = (...series: [Record<string, string>, string][]): object => ({
  status: 'success',
  data: { resultType: 'vector', result: series.map(([metric, value]) => ({ metric, value: [at, value] })) },
});

/** Answers every query with the same. */
const ask = async (answer: object | string, config: object = {}, options: TestRun = {}, status = 200) => {
  const host = await internet.http((_request, response) => {
    response.statusCode = status;
    response.end(typeof answer === 'string' ? answer : JSON.stringify(answer));
  });
  const outcome = await runOnce(
    'prometheus',
    { url: `${host.url}/prom/`, query: 'up{job="a b"}', expect: { is: 'above', value: 0 }, ...config },
    options,
  );
  return { outcome, host };
};
const told = async (...given: Parameters<typeof ask>): Promise<unknown> => {
  const { outcome, host } = await ask(...given);
  const { code, message = '' } = outcome.error ?? {};
  return code === undefined ? 'satisfied' : `${code}: ${message.replaceAll(String(host.port), 'PORT')}`;
};

describe('a Prometheus check', () => {
  it('asks an instant query and judges every series', async () => {
    const two = vector([{ __name__: 'up', job: 'a', instance: '1' }, '1'], [{ __name__: 'up', job: 'b' }, '0']);
    const login = { bearer: '${env:T}' };
    const { outcome, host } = await ask(vector([{ __name__: 'up' }, '1']), login, { secrets: { 'env:T': 'hunter22' } });
    expect(outcome).toMatchObject({ ok: true, observed: { status: 200, count: 1, series: ['up 1'] } });
    expect(host.heard[0]?.headers.authorization).toBe('Bearer hunter22');
    const asked = new URL(host.heard[0]?.path ?? '', 'http://x');
    expect([asked.pathname, Object.fromEntries(asked.searchParams)]).toEqual([
      '/prom/api/v1/query',
      { query: 'up{job="a b"}', timeout: '5000ms' },
    ]);
    expect(await told(two)).toBe('assertion-failed: up{job="b"} is 0, expected above 0');
    expect(await told(two, { holdsFor: 'any' })).toBe('satisfied');
    expect(await told(vector([{}, '0.2']), { expect: { is: 'below', value: 0.1 } })).toBe(
      'assertion-failed: the value is 0.2, expected below 0.1',
    );
    expect(await told(vector([{}, 'NaN']), { expect: { is: 'below', value: 0.1 } })).toMatch(
      /is NaN, expected below 0\.1$/,
    );
    expect(await told(vector([{}, '+Inf']))).toBe('satisfied');
    const scalar = { status: 'success', data: { resultType: 'scalar', result: [at, '4'] } };
    expect(await told(scalar)).toBe('satisfied');
  });

  it('lets one choose what no series means', async () => {
    expect(await told(vector())).toBe('assertion-failed: the query found no series');
    expect(await told(vector(), { whenEmpty: 'pass' })).toBe('satisfied');
  });

  it('does not blame the service when Prometheus cannot tell', async () => {
    const broken = { status: 'error', errorType: 'bad_data', error: 'parse error: unexpected end of input' };
    expect(await told(broken, {}, {}, 400)).toBe(
      'config-invalid: Prometheus refuses the query: parse error: unexpected end of input (bad_data)',
    );
    const slow = { status: 'error', errorType: 'timeout', error: 'query timed out in expression evaluation' };
    expect(await told(slow, {}, {}, 503)).toMatch(/^source-unavailable: .*timed out/);
    expect(await told('<html>not here</html>', {}, {}, 404)).toBe(
      'source-unavailable: 127.0.0.1:PORT does not answer as Prometheus does',
    );
    expect(await told('{"status":"success"}')).toMatch(/^source-unavailable: /);
    expect(await told({ status: 'success', data: { resultType: 'matrix', result: [] } })).toBe(
      'config-invalid: the query gives a matrix, expected one number a series',
    );
    expect(await told('', {}, {}, 401)).toBe('source-unavailable: 127.0.0.1:PORT lets HugOps not in (status 401)');
    const many = vector(
      ...Array.from({ length: 2000 }, (_, i): [Record<string, string>, string] => [{ i: String(i) }, '1']),
    );
    expect(await told(many, { maxBodyBytes: 1000 })).toMatch(/^source-unavailable: .*longer than 1000 bytes$/);
    const config = { query: 'up', expect: { is: 'above', value: 0 } };
    const closed = await internet.closedPort();
    const away = await runOnce('prometheus', { url: `http://127.0.0.1:${closed}`, ...config });
    expect(away.error).toEqual({
      code: 'source-unavailable',
      message: `Prometheus cannot be asked: connection refused by 127.0.0.1:${closed}`,
    });
    const silent = await internet.http('hang');
    const waited = await runOnce('prometheus', { url: silent.url, ...config }, { timeoutMs: 200 });
    expect(waited.error?.message).toBe(
      `Prometheus cannot be asked: connected to 127.0.0.1:${silent.port}, but no answer came within 200 ms`,
    );
    await waitUntil('every connection is closed', () => silent.openSockets() === 0);
    const meta = await runOnce('prometheus', { url: 'http://169.254.169.254', ...config });
    expect(meta.error?.code).toBe('forbidden-address');
  });
});
