import { parentPort, workerData } from 'node:worker_threads';
import { NodeFS } from '@electric-sql/pglite/nodefs';
import { DurableNodeFs } from '../../src/platform/db/durable-fs.ts';
import type { FromWorker } from '../../src/platform/db/embedded-worker.ts';
import { ForgetfulDisk } from './forgetful-fs.ts';
import { seededRandom } from './seeded-random.ts';

export interface PowerCut {
  readonly root: string;
  readonly graveyard: string;
  readonly seed: number;
  readonly cutAt: number;
  /** Changes are counted from the start of the engine, or from when it is open. */
  readonly during: 'opening' | 'working';
  readonly merciless: boolean;
  /** What is broken on purpose, to see that the test sees it: the shipped NodeFS, which does not sync. */
  readonly planted: 'nothing' | 'no-fsync';
}

/** The status with which the thread ends at the cut; any other end is a failure of its own. */
const CUT_STATUS = 77;

const { extra } = workerData as { extra: PowerCut };
const disk = new ForgetfulDisk({
  ...extra,
  random: seededRandom(extra.seed),
  onCut: () => process.exit(CUT_STATUS),
});
disk.install();
if (extra.planted === 'no-fsync') DurableNodeFs.prototype.init = NodeFS.prototype.init;
if (extra.during === 'opening') disk.arm();
else notifyWhenReady(() => disk.arm());

await import('../../src/platform/db/embedded-worker.ts');

/** The worker tells its owner that it is open; the disk hears it first. */
function notifyWhenReady(onReady: () => void): void {
  if (parentPort === null) throw new Error('this is a worker');
  const post = parentPort.postMessage.bind(parentPort) as (...message: unknown[]) => void;
  const tell = (message: FromWorker, ...rest: unknown[]): void => {
    if (message.type === 'ready') onReady();
    post(message, ...rest);
  };
  Object.assign(parentPort, { postMessage: tell });
}
