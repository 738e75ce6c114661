import { existsSync } from 'node:fs';
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CheckEnv, Outcome } from '../../../src/watch/checks/check-kind.ts';
import { createPingCheck, readPings } from '../../../src/watch/checks/ping.ts';
import { createHostResolver } from '../../../src/watch/checks/resolve-host.ts';
import { waitUntil } from '../../harness/wait-until.ts';
import { runOnce } from './check-environment.ts';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hugops-ping-'));
});
afterAll(() => rm(folder, { recursive: true }));

let programs = 0;
/** A program in the place of ping, which writes its arguments and process id down before it does as the test says. */
async function program(script: string): Promise<{ path: string; args(): Promise<string>; pid(): Promise<number> }> {
  const path = join(folder, `ping-${++programs}`);
  await writeFile(path, `#!/bin/sh\nprintf '%s' "$*" > ${path}.args\nprintf '%s' "$$" > ${path}.pid\n${script}\n`);
  await chmod(path, 0o755);
  return {
    path,
    args: () => readFile(`${path}.args`, 'utf8'),
    pid: async () => Number(await readFile(`${path}.pid`, 'utf8')),
  };
}

const resolveHost = createHostResolver();
async function ask(path: string, given: object = {}, timeoutMs = 5000, allowPrivateNetworks = true): Promise<Outcome> {
  const kind = createPingCheck(path);
  const controller = new AbortController();
  const timer = setTimeout(() => controller.abort(new Error('time is up')), timeoutMs);
  const env: CheckEnv = {
    timeoutMs,
    signal: controller.signal,
    now: 0,
    allowPrivateNetworks,
    resolveHost,
    resolveSecret: () => undefined,
  };
  return kind.run(kind.schema.parse({ host: '127.0.0.1', ...given }), env).finally(() => clearTimeout(timer));
}

// As the programs print, written down from their manuals and sources' formats.
const iputils = (times: number[], sent: number): string =>
  [
    'PING 127.0.0.1 (127.0.0.1) 56(84) bytes of data.',
    ...times.map((ms, i) => `64 bytes from 127.0.0.1: icmp_seq=${i + 1} ttl=64 time=${ms} ms`),
    '',
    '--- 127.0.0.1 ping statistics ---',
    `${sent} packets transmitted, ${times.length} received, 0% packet loss, time 400ms`,
  ].join('\n');
const printing = (text: string, code = 0): string => `cat <<'END'\n${text}\nEND\nexit ${code}`;

describe('what ping prints', () => {
  it.each([
    ['iputils', iputils([0.5, 1.25], 3), { sent: 3, timesMs: [0.5, 1.25] }],
    [
      'BusyBox',
      '64 bytes from 127.0.0.1: seq=0 ttl=64 time=0.065 ms\n64 bytes from 127.0.0.1: seq=1 ttl=64 time=0.1 ms\n\n3 packets transmitted, 2 packets received, 33% packet loss',
      { sent: 3, timesMs: [0.065, 0.1] },
    ],
    [
      'a doubled answer',
      '64 bytes from x: icmp_seq=1 ttl=64 time=1.0 ms\n64 bytes from x: icmp_seq=1 ttl=64 time=2.0 ms (DUP!)\n1 packets transmitted, 1 received, +1 duplicates',
      { sent: 1, timesMs: [1] },
    ],
    ['less than', '64 bytes from x: icmp_seq=1 ttl=64 time<1 ms\n1 packets transmitted', { sent: 1, timesMs: [1] }],
    [
      'a router',
      'From 10.0.0.1 icmp_seq=1 Destination Host Unreachable\n3 packets transmitted, 0 received',
      { sent: 3, timesMs: [], complaint: 'Destination Host Unreachable' },
    ],
    ['nothing', '', { sent: 3, timesMs: [] }],
  ])('%s', (_name, output, read) => {
    expect(readPings(output, 3)).toMatchObject(read);
  });
});

describe('a ping check', () => {
  it('counts answers and times, and gives the program an address and nothing else of the user’s', async () => {
    const ping = await program(printing(iputils([1, 2, 6], 3)));
    const outcome = await ask(ping.path, { host: 'localhost', addressFamily: '4' });
    expect(outcome).toMatchObject({
      ok: true,
      observed: { peer: '127.0.0.1', sent: 3, answered: 3, minMs: 1, averageMs: 3, maxMs: 6 },
    });
    expect(await ping.args()).toBe('-n -c 3 -i 0.2 -W 4 127.0.0.1');
    expect((await ask(ping.path, { averageBelowMs: 3 })).error).toEqual({
      code: 'assertion-failed',
      message: 'answers took 3 ms on average, expected less than 3 ms',
    });
  });

  it('tells loss and silence', async () => {
    const lossy = await program(printing(iputils([1], 4), 1));
    expect((await ask(lossy.path, { count: 4 })).error).toEqual({
      code: 'assertion-failed',
      message: '1 of 4 pings answered by 127.0.0.1, 75% lost, expected at most 50%',
    });
    expect((await ask(lossy.path, { count: 4, maxLossPercent: 75 })).ok).toBe(true);
    const silent = await program(
      printing('From 10.0.0.1 icmp_seq=1 Destination Host Unreachable\n\n3 packets transmitted, 0 received', 1),
    );
    expect((await ask(silent.path)).error).toEqual({
      code: 'timeout',
      message: 'no answer from 127.0.0.1 to 3 pings (destination host unreachable)',
    });
  });

  it('ends a program that hangs, with what was heard so far', async () => {
    const hanging = await program(`${printing(iputils([1], 3)).replace(/\nexit 0$/, '')}\nexec sleep 60`);
    const outcome = await ask(hanging.path, {}, 400);
    expect(outcome.totalMs).toBeLessThan(2000);
    expect(outcome.error?.message).toMatch(/^1 of 3 pings answered/);
    const mute = await program('exec sleep 60');
    expect((await ask(mute.path, {}, 300)).error).toEqual({
      code: 'timeout',
      message: 'no answer from 127.0.0.1 to 3 pings within 300 ms',
    });
    const isGone = (pid: number): boolean => {
      try {
        process.kill(pid, 0);
        return false;
      } catch {
        return true;
      }
    };
    for (const pid of [await hanging.pid(), await mute.pid()]) {
      await waitUntil('the program is gone', () => isGone(pid));
    }
    const flooding = await program('while :; do echo xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx; done');
    expect((await ask(flooding.path, {}, 300)).error?.code).toBe('timeout');
  });

  it('says that it cannot look, where it cannot', async () => {
    expect((await ask(join(folder, 'not-there'))).error).toEqual({
      code: 'no-resources',
      message:
        'this machine has no ping program, without which HugOps cannot send ICMP (on Debian and Ubuntu: apt install iputils-ping)',
    });
    const forbidden = await program("echo 'ping: socket: Operation not permitted' >&2; exit 2");
    expect((await ask(forbidden.path)).error).toMatchObject({
      code: 'no-resources',
      message: expect.stringMatching(/^the ping program may not send ICMP here/),
    });
    const unroutable = await program("echo 'ping: connect: Network is unreachable' >&2; exit 2");
    expect((await ask(unroutable.path)).error).toEqual({
      code: 'unreachable',
      message: 'this machine has no network route to 127.0.0.1',
    });
    const odd = await program("echo 'ping: unrecognized option' >&2; exit 2");
    expect((await ask(odd.path)).error).toEqual({
      code: 'no-resources',
      message: 'the ping program failed: ping: unrecognized option',
    });
  });

  it('goes where checks may go only, and starts no program for the rest', async () => {
    const ping = await program(printing(iputils([1], 1)));
    expect((await ask(ping.path, { host: '169.254.169.254' })).error?.code).toBe('forbidden-address');
    expect((await ask(ping.path, { host: '127.0.0.1' }, 5000, false)).error?.code).toBe('forbidden-address');
    expect(existsSync(`${ping.path}.args`)).toBe(false);
  });

  it('runs at most so many at once, and the others after them', async () => {
    const ping = await program(printing(iputils([1, 1, 1], 3)));
    const outcomes = await Promise.all(Array.from({ length: 40 }, () => ask(ping.path, {}, 20_000)));
    expect(outcomes.filter(({ ok }) => ok)).toHaveLength(40);
  });
});

const real = ['/bin/ping', '/usr/bin/ping', '/sbin/ping'].some((path) => existsSync(path));
describe.skipIf(!real)('the ping program of this machine', () => {
  it('is answered by this machine, or says why it cannot ask', async () => {
    const { ok, error } = await runOnce('ping', { host: '127.0.0.1', count: 1 });
    expect(ok || error?.code === 'no-resources').toBe(true);
  });
});
