import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../test/harness/free-port.ts';
import { type ServerProcess, startServer } from '../test/crash/server-process.ts';

export interface BenchServer extends ServerProcess {
  url: string;
  /** From the start of the process to the first answered request, in milliseconds. */
  startMs: number;
  /** Ends it and starts it again on the same data. */
  restart(): Promise<BenchServer>;
  close(): Promise<void>;
}

/** HugOps as its own process on a durable, embedded database in a temporary directory. */
export async function openBenchServer(yaml: string, variables: Record<string, string> = {}): Promise<BenchServer> {
  const directory = await mkdtemp(join(tmpdir(), 'hugops-bench-'));
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const config = join(directory, 'hugops.yaml');
  await writeFile(config, yaml);
  const environment = { HUGOPS_DATA_DIR: directory, HUGOPS_URL: url, HUGOPS_CONFIG: config, ...variables };
  const open = async (): Promise<BenchServer> => {
    const start = performance.now();
    const server = await startServer(environment, port);
    return {
      ...server,
      url,
      startMs: performance.now() - start,
      async restart() {
        await server.stop();
        return open();
      },
      async close() {
        await server.stop();
        await rm(directory, { recursive: true, force: true });
      },
    };
  };
  return open();
}

export const quantile = (values: readonly number[], q: number): number => {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? Number.NaN;
};
