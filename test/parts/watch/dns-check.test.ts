import { afterEach, describe, expect, it } from 'vitest';
import { dnsRecord, type DnsType, type FakeAnswer, type FakeDns, startDns } from '../../harness/fake-dns.ts';
import { runOnce, type TestRun } from './check-environment.ts';

const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  await Promise.all(closing.splice(0).map((close) => close()));
});

const { a, aaaa, caa, mx, name, soa, srv, txt } = dnsRecord;
const zone: Record<string, FakeAnswer> = {
  'A example.test': [a('192.0.2.1'), a('192.0.2.2')],
  'AAAA example.test': [aaaa('2001:0db8:0000:0000:0000:0000:0000:0001')],
  'CNAME www.example.test': [name('CNAME', 'Example.Test')],
  'MX example.test': [mx(10, 'Mail.example.test'), mx(20, 'backup.example.test')],
  'TXT example.test': [txt('v=spf1 ', '-all'), txt('other=AB')],
  'NS example.test': [name('NS', 'ns1.example.test')],
  'SOA example.test': [soa('ns1.example.test', 'admin.example.test', 2026010100, 7200, 3600, 1209600, 300)],
  'SRV _xmpp._tcp.example.test': [srv(0, 5, 5222, 'chat.example.test')],
  'CAA example.test': [caa(0, 'issue', 'ca.test'), caa(128, 'iodef', 'mailto:alice@example.test')],
  'PTR 1.2.0.192.in-addr.arpa': [name('PTR', 'host.example.test')],
  'PTR 1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa': [name('PTR', 'six.example.test')],
};

const serve = async (answers?: (name: string, type: DnsType) => FakeAnswer): Promise<FakeDns> => {
  const known = new Set(Object.keys(zone).map((key) => key.split(' ')[1]));
  const made = await startDns(
    answers ?? ((asked, type) => zone[`${type} ${asked}`] ?? (known.has(asked) ? [] : 'missing')),
  );
  closing.push(() => made.close());
  return made;
};

const ask = async (server: FakeDns, config: object, options: TestRun = {}): ReturnType<typeof runOnce> => {
  const outcome = await runOnce('dns', { server: '127.0.0.1', serverPort: server.port, ...config }, options);
  return JSON.parse(JSON.stringify(outcome).replaceAll(String(server.port), 'PORT')) as typeof outcome;
};

describe('a DNS check', () => {
  it.each([
    ['A', 'example.test', ['192.0.2.1', '192.0.2.2']],
    ['AAAA', 'example.test', ['2001:db8::1']],
    ['CNAME', 'www.example.test', ['example.test']],
    ['MX', 'example.test', ['10 mail.example.test', '20 backup.example.test']],
    ['TXT', 'example.test', ['v=spf1 -all', 'other=AB']],
    ['NS', 'example.test', ['ns1.example.test']],
    ['SOA', 'example.test', ['ns1.example.test admin.example.test 2026010100 7200 3600 1209600 300']],
    ['SRV', '_xmpp._tcp.example.test', ['0 5 5222 chat.example.test']],
    ['CAA', 'example.test', ['0 issue "ca.test"', '128 iodef "mailto:alice@example.test"']],
    ['PTR', '192.0.2.1', ['host.example.test']],
    ['PTR', '2001:db8::1', ['six.example.test']],
  ])('reads %s of %s', async (type, host, answers) => {
    const server = await serve();
    const outcome = await ask(server, { host, type, contains: answers, only: true });
    expect(outcome.error).toBeUndefined();
    expect(outcome.observed).toEqual({ server: '127.0.0.1', answers });
    expect(outcome.phases?.dnsMs).toBeGreaterThan(0);
  });

  it('judges the answers, however they are written', async () => {
    const server = await serve();
    const told = async (config: object): Promise<unknown> =>
      (await ask(server, { host: 'example.test', ...config })).error?.message ?? 'satisfied';
    expect(await told({ type: 'AAAA', contains: ['2001:DB8:0:0::1'] })).toBe('satisfied');
    expect(await told({ type: 'MX', contains: ['10  MAIL.example.test.'] })).toBe('satisfied');
    expect(await told({ contains: ['192.0.2.9'] })).toBe(
      'A of example.test is 192.0.2.1, 192.0.2.2, without 192.0.2.9',
    );
    expect(await told({ contains: ['192.0.2.1'], only: true })).toBe(
      'A of example.test has 192.0.2.2 too, which is not expected',
    );
    expect(await told({ type: 'TXT', matches: '^v=spf1 .*-all$' })).toBe('satisfied');
    expect(await told({ type: 'TXT', matches: '^v=DKIM' })).toBe(
      'TXT of example.test is v=spf1 -all, other=AB, which does not match "^v=DKIM"',
    );
    expect(await told({ absent: true })).toBe('example.test has a record A (192.0.2.1, 192.0.2.2), expected none');
    expect(await told({ type: 'SRV', absent: true })).toBe('satisfied');
    expect(await told({ host: 'gone.test', absent: true })).toBe('satisfied');
    expect(await told({ type: 'SRV' })).toBe('the name example.test has no record SRV, says 127.0.0.1:PORT');
    expect(await told({ host: 'gone.test' })).toBe('the name gone.test does not exist, says 127.0.0.1:PORT');
  });

  it('asks again over TCP when an answer is long', async () => {
    const many = Array.from({ length: 100 }, (_, i) => a(`192.0.2.${i}`));
    const server = await serve(() => many);
    const outcome = await ask(server, { host: 'many.test', contains: ['192.0.2.99'] });
    expect(outcome.error).toBeUndefined();
    expect(server.asked).toEqual(['A many.test udp', 'A many.test tcp']);
    expect(outcome.observed?.['answers']).toHaveLength(20);
  });
});

describe('a name server that misbehaves', () => {
  const whole = Buffer.from('8180000100010000000001780474657374000001000100', 'hex');
  it.each<[string, FakeAnswer, string, string]>([
    [
      'fails',
      'fail',
      'dns-failed',
      'A of x.test could not be asked of 127.0.0.1:PORT: the name server reports a failure of its own',
    ],
    [
      'refuses',
      'refuse',
      'dns-failed',
      'A of x.test could not be asked of 127.0.0.1:PORT: the name server refuses to answer',
    ],
    [
      'sends garbage',
      Buffer.alloc(60, 0xff),
      'dns-failed',
      'A of x.test could not be asked of 127.0.0.1:PORT: the name server sent an answer that makes no sense',
    ],
    [
      'sends half an answer',
      whole,
      'dns-failed',
      'A of x.test could not be asked of 127.0.0.1:PORT: the name server sent an answer that makes no sense',
    ],
    ['is silent', 'silence', 'timeout', '127.0.0.1:PORT did not answer within 300 ms'],
  ])('and %s is told so in time', async (_name, answer, code, message) => {
    const server = await serve(() => answer);
    const outcome = await ask(server, { host: 'x.test' }, { timeoutMs: code === 'timeout' ? 300 : 5000 });
    expect(outcome.error).toEqual({ code, message });
    expect(outcome.totalMs).toBeLessThan(2000);
  });

  it('is not asked where checks may not go', async () => {
    const config = { host: 'example.test', server: '169.254.169.254' };
    expect((await runOnce('dns', config)).error?.code).toBe('forbidden-address');
    const server = await serve();
    const inside = await ask(server, { host: 'example.test' }, { allowPrivateNetworks: false });
    expect(inside.error?.code).toBe('forbidden-address');
    expect(server.asked).toEqual([]);
  });
});
