import { afterEach, describe, expect, it } from 'vitest';
import { type FakeHost, openFakeInternet } from '../../harness/fake-internet.ts';
import { runOnce } from './check-environment.ts';

const internet = openFakeInternet();
afterEach(() => internet.close());

const day = 86_400_000;
const start = Date.UTC(2026, 0, 1);

interface Registry {
  host: FakeHost;
  /** What the registry of .test answers: a domain, or a status. */
  answer: object | number;
  bootstrapUrl: string;
}

/** A directory (RFC 9224) and a registry (RFC 9082, RFC 9083) in one. */
async function openRegistry(answer: object | number): Promise<Registry> {
  const registry: Registry = { answer, bootstrapUrl: '', host: await internet.http() };
  const { host } = registry;
  host.behave((request, response) => {
    if (request.url === '/dns.json') {
      const base = `${host.url}/rdap`;
      response.end(
        JSON.stringify({
          version: '1.0',
          services: [
            [['test', 'xn--p1ai'], [base]],
            [['odd'], ['ftp://x']],
          ],
        }),
      );
      return;
    }
    if (typeof registry.answer === 'number') response.statusCode = registry.answer;
    response.end(typeof registry.answer === 'number' ? '{}' : JSON.stringify(registry.answer));
  });
  registry.bootstrapUrl = `${host.url}/dns.json`;
  return registry;
}
const domain = (expiresAt: number, status: string[] = ['active']): object => ({
  objectClassName: 'domain',
  status,
  events: [
    { eventAction: 'registration', eventDate: '2001-01-01T00:00:00Z' },
    { eventAction: 'expiration', eventDate: new Date(expiresAt).toISOString() },
  ],
});
const ask = (registry: Registry, config: object = {}, now = start, timeoutMs = 5000): ReturnType<typeof runOnce> =>
  runOnce(
    'domain-expiry',
    { domain: 'example.test', bootstrapUrl: registry.bootstrapUrl, ...config },
    { now, timeoutMs },
  );

describe('a domain expiry check', () => {
  it('finds the registry, counts the days, and asks for names in their ASCII form', async () => {
    const registry = await openRegistry(domain(start + 100.5 * day));
    const outcome = await ask(registry);
    expect(outcome).toMatchObject({ ok: true, observed: { daysLeft: 100, states: ['active'], askedAt: start } });
    expect(registry.host.heard.map(({ path }) => path)).toEqual(['/dns.json', '/rdap/domain/example.test']);
    expect((await ask(registry, { domain: 'пример.рф' })).error).toBeUndefined();
    expect(registry.host.heard.at(-1)?.path).toBe('/rdap/domain/xn--e1afmkfd.xn--p1ai');
    const early = await ask(registry, { daysLeft: 200 });
    expect(early.error).toEqual({
      code: 'assertion-failed',
      message: 'example.test expires on 2026-04-11, in 100 days, expected at least 200',
    });
  });

  it('asks at most every six hours, and holds to the last word for a week while nobody answers', async () => {
    const registry = await openRegistry(domain(start + 100 * day));
    const hour = day / 24;
    await ask(registry);
    const questions = (): number => registry.host.heard.filter(({ path }) => path !== '/dns.json').length;
    await ask(registry, {}, start + 5 * hour);
    expect(questions()).toBe(1);
    await ask(registry, {}, start + 7 * hour);
    expect(questions()).toBe(2);
    registry.answer = 503;
    expect(await ask(registry, {}, start + 6 * day)).toMatchObject({
      ok: true,
      observed: { askedAt: start + 7 * hour, daysLeft: 94 },
    });
    const late = await ask(registry, {}, start + 9 * day);
    expect(late.error).toMatchObject({
      code: 'source-unavailable',
      message: expect.stringMatching(/^the registry .* answered with status 503 and no domain$/),
    });
    registry.answer = domain(start + 465 * day);
    expect((await ask(registry, {}, start + 9 * day)).observed).toMatchObject({ daysLeft: 456 });
  });

  it('tells what threatens the domain', async () => {
    const told = async (answer: object | number): Promise<string> => {
      const registry = await openRegistry(answer);
      const { error } = await ask(registry);
      return `${error?.code}: ${error?.message.replace(registry.host.url.slice(7), 'HOST')}`;
    };
    expect(await told(domain(start - day))).toBe('assertion-failed: example.test expired on 2025-12-31');
    expect(await told(domain(start + 400 * day, ['client hold']))).toBe(
      'assertion-failed: example.test is in the state "client hold"',
    );
    expect(await told(domain(start + 400 * day, ['Pending Delete']))).toMatch(/"Pending Delete"$/);
    expect(await told(404)).toBe('assertion-failed: example.test is not registered, says the registry HOST');
  });

  it('does not blame the domain when the registry cannot tell', async () => {
    const told = async (answer: object | number): Promise<string> => {
      const registry = await openRegistry(answer);
      const { error } = await ask(registry);
      return `${error?.code}: ${error?.message.replace(registry.host.url.slice(7), 'HOST')}`;
    };
    expect(await told(429)).toBe('source-unavailable: the registry HOST allows no more questions for now');
    expect(await told(500)).toBe('source-unavailable: the registry HOST answered with status 500 and no domain');
    expect(await told({ events: [] })).toBe(
      'source-unavailable: the registry HOST does not tell when example.test expires',
    );
    expect(await told({ events: 'none' })).toMatch(/^source-unavailable/);
    const registry = await openRegistry(200);
    expect((await ask(registry, { domain: 'example.nowhere' })).error).toEqual({
      code: 'config-invalid',
      message: 'the registry of .nowhere offers no RDAP, so example.nowhere cannot be asked for',
    });
    expect((await ask(registry, { domain: 'example.odd' })).error?.code).toBe('config-invalid');
    const silent = await internet.http('hang');
    const waited = await ask({ ...registry, bootstrapUrl: silent.url }, {}, start, 200);
    expect(waited.error).toEqual({
      code: 'source-unavailable',
      message: `the directory of registries cannot be asked: connected to 127.0.0.1:${silent.port}, but no answer came within 200 ms`,
    });
    const babble = await internet.http((_request, response) => response.end('<html>'));
    expect((await ask({ ...registry, bootstrapUrl: babble.url })).error?.message).toBe(
      'the directory of registries answered with something that is no JSON',
    );
    const huge = await internet.http('gigabytes');
    expect((await ask({ ...registry, bootstrapUrl: huge.url })).error?.message).toBe(
      'the directory of registries sent more than 1024 KiB',
    );
    const meta = await ask({ ...registry, bootstrapUrl: 'http://169.254.169.254/' });
    expect(meta.error?.code).toBe('forbidden-address');
  });
});
