import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const main = resolve(import.meta.dirname, '../../../src/main.ts');

export interface Ended {
  code: number | null;
  stdout: string;
  stderr: string;
  tookMs: number;
}

export interface CommandOptions {
  env?: Record<string, string>;
  cwd?: string;
  /** After which the command is killed and the test fails. */
  deadlineMs?: number;
}

/** Runs `hugops ARGS` as its own process to its end, with no other environment than the one given. */
export async function hugops(args: readonly string[], options: CommandOptions = {}): Promise<Ended> {
  const startedAt = performance.now();
  const child = spawn(process.execPath, [main, ...args], {
    cwd: options.cwd ?? tmpdir(),
    env: {
      PATH: process.env['PATH'] ?? '',
      HUGOPS_LOG_LEVEL: 'silent',
      // A test asks nothing of the world outside.
      HUGOPS_NETWORK_REFERENCES: 'off',
      ...options.env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const output = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const)
    child[name].on('data', (chunk: Buffer) => (output[name] += chunk.toString()));
  const deadline = setTimeout(() => child.kill('SIGKILL'), options.deadlineMs ?? 60_000);
  await once(child, 'close');
  clearTimeout(deadline);
  if (child.signalCode !== null)
    throw new Error(`hugops ${args.join(' ')} did not end in time:\n${output.stdout}${output.stderr}`);
  return { code: child.exitCode, ...output, tookMs: performance.now() - startedAt };
}

/** A directory of its own that goes with the test. */
export async function scratchDirectory(): Promise<{ path: string; remove(): Promise<void> }> {
  const path = await mkdtemp(join(tmpdir(), 'hugops-ops-'));
  return { path, remove: () => rm(path, { recursive: true, force: true }) };
}

/** Copies a data directory that no process holds. */
export const copyDataDir = (from: string, to: string): Promise<void> => cp(from, to, { recursive: true });

/** Signs in over HTTP; returns what to send as `cookie`. */
export async function signIn(
  url: string,
  admin: { HUGOPS_ADMIN_EMAIL: string; HUGOPS_ADMIN_PASSWORD: string },
): Promise<string> {
  const response = await fetch(`${url}/api/auth/sign-in/email`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', origin: url },
    body: JSON.stringify({ email: admin.HUGOPS_ADMIN_EMAIL, password: admin.HUGOPS_ADMIN_PASSWORD }),
  });
  if (!response.ok) throw new Error(`sign-in was answered with ${response.status}: ${await response.text()}`);
  return response.headers
    .getSetCookie()
    .map((cookie) => cookie.split(';', 1)[0])
    .join('; ');
}

/** Asks again and again, one question at a time, until the answer is neither false nor undefined. */
export async function eventually<T>(
  what: string,
  ask: () => Promise<T | false | undefined>,
  deadlineMs = 30_000,
): Promise<T> {
  const end = performance.now() + deadlineMs;
  for (;;) {
    const answer = await ask();
    if (answer !== false && answer !== undefined) return answer;
    if (performance.now() > end) throw new Error(`waited ${deadlineMs} ms in vain: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
