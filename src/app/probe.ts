import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { systemClock } from '../platform/clock.ts';
import { lockDataDir } from '../platform/db/data-dir-lock.ts';
import { openLog } from '../platform/log.ts';
import { openMetrics } from '../platform/metrics.ts';
import { systemRandom } from '../platform/random.ts';
import { createOwnNetwork, createProbe, createProbeClient, openSpool, ProbeError, serverUrl } from '../watch/index.ts';
import { type Environment, readVersion } from './environment.ts';
import { secretsOf } from './resolve-secret.ts';

/** Results kept while the server is away: weeks of a hundred checks. */
const maxBytes = 256_000_000;

/** Runs a probe on the real clock. Throws ProbeError when it is not told where to, or by which token; DataDirInUseError when it runs already. */
export function probe(
  environment: Environment,
  given: { url: string; token: string | undefined; pid: number },
): { stop(): Promise<void>; ended: Promise<number> } {
  const url = serverUrl(given.url);
  const token = given.token ?? environment.variables['HUGOPS_PROBE_TOKEN'];
  if (token === undefined || token === '')
    throw new ProbeError(
      'A probe needs its token: HUGOPS_PROBE_TOKEN, or --token. Make one in the console, under Services.',
    );
  const directory = join(environment.dataDir, 'probe');
  mkdirSync(directory, { recursive: true });
  const lock = lockDataDir(directory, given.pid);
  const log = openLog(environment.logLevel);
  const running = createProbe({
    host: { clock: systemClock, log, metrics: openMetrics(false) },
    client: createProbeClient(url, token, readVersion()),
    directory,
    spool: openSpool(join(directory, 'results'), { random: systemRandom, maxBytes }),
    network: createOwnNetwork({
      references: environment.networkReferences,
      clock: systemClock,
      log,
      onTurn(turn) {
        log.warn({ turn }, turn === 'lost' ? 'nothing can be reached from here' : 'the network is back');
        return Promise.resolve();
      },
    }),
    options: { allowPrivateNetworks: environment.allowPrivateNetworks, resolveSecret: secretsOf(environment) },
  });
  running.start();
  log.info({ url }, 'the probe is running');
  return {
    async stop() {
      await running.stop();
      lock.release();
    },
    ended: new Promise(() => {}),
  };
}
