import { spawn } from 'node:child_process';
import { createServer } from 'node:http';
import { once } from 'node:events';
import type { Bench } from './bench.ts';
import { cpuSeconds, residentMb } from './process-figures.ts';
import { openBenchServer } from './server.ts';

const checks = 500;
const minutes = Number(process.env['FOOTPRINT_MINUTES'] ?? 10);
const startLimitMs = 10_000;
// The embedded PostgreSQL alone is about 230 MB with these settings (docs/architecture.md); the program may double it.
const memoryLimitMb = 460;

/** Resident memory idle and after ten minutes of 500 checks at 10 s, and the time to the first answered request. Beside it: a bare Node.js. */
export const bench: Bench = {
  name: 'footprint',
  what: `memory idle and after ${minutes} min of ${checks} checks at 10 s; time to the first answered request`,
  floor: `started within ${startLimitMs / 1000} s, at most ${memoryLimitMb} MB under load`,
  async run() {
    const target = createServer((_, response) => response.end('ok'));
    await new Promise<void>((resolve) => target.listen(0, '127.0.0.1', resolve));
    const address = target.address();
    if (address === null || typeof address === 'string') throw new Error('a TCP server has a TCP address');
    const bare = await bareNodeMb();
    const first = await openBenchServer(yaml(0, ''));
    await pause(15_000);
    const firstMb = residentMb(first.pid);
    const idle = await first.restart();
    await pause(15_000);
    const idleMb = residentMb(idle.pid);
    await idle.close();
    const busy = await (await openBenchServer(yaml(checks, `http://127.0.0.1:${address.port}/`))).restart();
    let peakMb = 0;
    const cpuBefore = cpuSeconds(busy.pid);
    for (let second = 0; second < minutes * 60; second++) {
      await pause(1_000);
      peakMb = Math.max(peakMb, residentMb(busy.pid));
    }
    const busyMb = residentMb(busy.pid);
    const cpu = (cpuSeconds(busy.pid) - cpuBefore) / (minutes * 60);
    await busy.close();
    target.closeAllConnections();
    target.close();
    console.log(`first start to first answer  ${first.startMs.toFixed(0)} ms (creates the database)
later start to first answer  ${idle.startMs.toFixed(0)} ms
a bare Node.js, resident     ${bare.toFixed(0)} MB
idle after the first start   ${firstMb.toFixed(0)} MB (the creation's memory is kept until the next start)
idle, resident               ${idleMb.toFixed(0)} MB (${(idleMb / bare).toFixed(1)} times bare)
after ${minutes} min of ${checks} checks at 10 s ${busyMb.toFixed(0)} MB, peak ${peakMb.toFixed(0)} MB
share of one core meanwhile  ${(cpu * 100).toFixed(0)} %`);
    return {
      figure: Number(busyMb.toFixed(0)),
      unit: 'MB',
      ok: first.startMs < startLimitMs && busyMb <= memoryLimitMb,
    };
  },
};

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

async function bareNodeMb(): Promise<number> {
  const child = spawn(process.execPath, ['-e', 'setTimeout(() => {}, 5000)'], { stdio: 'ignore' });
  await pause(1_000);
  const resident = residentMb(child.pid ?? 0);
  child.kill();
  await once(child, 'exit');
  return resident;
}

const yaml = (count: number, url: string): string => `
people:
  alice: { name: Alice, email: alice@example.com, timeZone: UTC, contact: [{ kind: email, address: alice@example.com }] }
teams: { shop: { name: Shop, members: [alice], policy: shop } }
policies: { shop: { name: Shop, steps: [{ notify: [{ person: alice }], wait: 5m }] } }
services:
${Array.from({ length: Math.max(1, count / 10) }, (_, s) => `  s${s}: { name: Service ${s}, team: shop${count === 0 ? '' : `, checks: { ${Array.from({ length: 10 }, (_c, c) => `c${c}: { kind: http, url: '${url}', interval: 10s }`).join(', ')} }`} }`).join('\n')}
statusPage: { title: Bench, groups: [{ name: All, components: [{ service: s0 }] }] }
`;
