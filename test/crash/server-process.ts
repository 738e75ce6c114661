import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';

export interface ServerProcess {
  pid: number;
  kill(): Promise<void>;
  /** Ends it as an operator does, and waits for it. */
  stop(): Promise<number | null>;
  output(): string;
}

/** Starts `hugops serve` as its own process and resolves when it is ready; rejects with its output when it is not within `deadlineMs`. */
export async function startServer(
  environment: Record<string, string>,
  port: number,
  deadlineMs = 60_000,
): Promise<ServerProcess> {
  const child = spawn(process.execPath, ['src/main.ts', 'serve'], {
    env: {
      PATH: process.env['PATH'] ?? '',
      HUGOPS_LOG_LEVEL: 'error',
      HUGOPS_NETWORK_REFERENCES: 'off',
      ...environment,
      HUGOPS_PORT: String(port),
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  const keep = (chunk: Buffer): void => {
    output = (output + chunk.toString()).slice(-20_000);
  };
  child.stdout.on('data', keep);
  child.stderr.on('data', keep);
  await ready(child, port, deadlineMs, () => output);
  const end = async (signal: NodeJS.Signals): Promise<number | null> => {
    if (child.exitCode !== null || child.signalCode !== null) return child.exitCode;
    const ended = once(child, 'exit');
    child.kill(signal);
    await ended;
    return child.exitCode;
  };
  return {
    pid: child.pid ?? 0,
    kill: async () => void (await end('SIGKILL')),
    stop: () => end('SIGTERM'),
    output: () => output,
  };
}

async function ready(child: ChildProcess, port: number, deadlineMs: number, output: () => string): Promise<void> {
  const deadline = performance.now() + deadlineMs;
  while (performance.now() < deadline) {
    if (child.exitCode !== null)
      throw new Error(`the server ended with ${child.exitCode} before it was ready:\n${output()}`);
    const isReady = await fetch(`http://127.0.0.1:${port}/readyz`).then(
      (response) => response.ok,
      () => false,
    );
    if (isReady) return;
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  child.kill('SIGKILL');
  throw new Error(`the server was not ready within ${deadlineMs} ms:\n${output()}`);
}
