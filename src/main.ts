#!/usr/bin/env node
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { type CommandName, helpText, isCommand } from './app/commands.ts';
import { type Environment, readEnvironment, readVersion } from './app/environment.ts';
import type { Running, ServeParts } from './app/serve.ts';

// The only file that touches process.*: it turns the command line into a call, and an outcome into an exit code.

const exit = { done: 0, failed: 1, usage: 2 } as const;
/** Under the ten seconds that Docker waits before it kills. */
const stopWithinMs = 9_000;

async function main(args: string[]): Promise<number> {
  // Only these have options of their own.
  if (args[0] === 'replay' && !args.includes('--help') && !args.includes('-h')) return replay(args.slice(1));
  if (args[0] === 'replay-server' && args.length === 1)
    return serveUntilTold(readEnvironment(process.env, process.cwd()), true);
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      help: { type: 'boolean', short: 'h' },
      version: { type: 'boolean' },
      url: { type: 'string' },
      token: { type: 'string' },
    },
  });
  if (values.version === true) return say(`${readVersion()}\n`);
  const [name, file, ...rest] = positionals;
  if (name === undefined) return values.help === true ? say(helpText()) : complain(helpText(), exit.usage);
  if (!isCommand(name)) return complain(`There is no command ${name}.\n\n${helpText()}`, exit.usage);
  if (values.help === true) return say(helpText(name));
  const isProbe = name === 'probe';
  const { url, token } = values;
  if (rest.length > 0 || ((name === 'serve' || isProbe) && file !== undefined))
    return complain(helpText(name), exit.usage);
  if (isProbe !== (url !== undefined) || (token !== undefined && !isProbe)) return complain(helpText(name), exit.usage);
  return isProbe ? probeUntilTold(url ?? '', token) : run(name, file);
}

async function run(name: CommandName, file: string | undefined): Promise<number> {
  const environment = readEnvironment(process.env, process.cwd());
  if (name === 'check-config') {
    const { checkConfigFile } = await import('./app/config/index.ts');
    const { exitCode, output } = await checkConfigFile(file ?? environment.config.path, {
      variables: environment.variables,
      now: Date.now(),
    });
    process.stdout.write(output);
    return exitCode;
  }
  if (name === 'backup' || name === 'restore') {
    if (file === undefined) return complain(helpText(name), exit.usage);
    const { backupTo, restoreFrom } = await import('./app/backup-commands.ts');
    process.stdout.write(
      await (name === 'backup'
        ? backupTo(environment, file, process.pid)
        : restoreFrom(environment, file, process.pid)),
    );
    return exit.done;
  }
  return serveUntilTold(environment);
}

async function probeUntilTold(url: string, token: string | undefined): Promise<number> {
  const environment = readEnvironment(process.env, process.cwd());
  const { probe } = await import('./app/probe.ts');
  return untilTold(() => Promise.resolve(probe(environment, { url, token, pid: process.pid })));
}

async function serveUntilTold(environment: Environment, isReplay = false): Promise<number> {
  const parts: ServeParts = {
    pid: process.pid,
    print: (text) => void process.stdout.write(text),
    onFatal(message) {
      process.exit(complain(`${message}\n`, exit.failed));
    },
  };
  return untilTold(async () => {
    if (!isReplay) return (await import('./app/serve.ts')).serve(environment, parts);
    const { serveReplay } = await import('./app/replay/replay-server.ts');
    const onMessage =
      process.send === undefined ? undefined : (hear: (message: unknown) => void) => process.on('message', hear);
    return serveReplay(environment, { ...parts, onMessage });
  });
}

async function untilTold(begin: () => Promise<Pick<Running, 'stop' | 'ended'>>): Promise<number> {
  const started: { running?: Pick<Running, 'stop' | 'ended'> } = {};
  let askedAt: number | undefined;
  const stop = (): void => {
    // A second signal means: now. A terminal sends one to every process of a group, so the same one may come twice at once.
    if (askedAt !== undefined) return performance.now() - askedAt > 500 ? process.exit(exit.failed) : undefined;
    askedAt = performance.now();
    // Nothing was promised yet, and what a start leaves half made the next one finishes.
    if (started.running === undefined) process.exit(exit.done);
    setTimeout(() => process.exit(complain('HugOps did not stop in time and was ended.\n', exit.failed)), stopWithinMs);
    started.running.stop().then(
      () => process.exit(exit.done),
      () => process.exit(exit.failed),
    );
  };
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
  // bin/hugops.mjs has started this process and is gone.
  process.on('disconnect', stop);
  started.running = await begin();
  return started.running.ended;
}

async function replay(args: string[]): Promise<number> {
  const stop = new AbortController();
  let askedAt: number | undefined;
  // The replay ends what it has started. A second signal means: now; the same one may come twice at once, by npm and by the terminal.
  const end = (): void => {
    if (askedAt !== undefined) return performance.now() - askedAt > 500 ? process.exit(exit.failed) : undefined;
    askedAt = performance.now();
    stop.abort();
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP', 'disconnect']) process.on(signal, end);
  const { replayCommand } = await import('./app/replay/command.ts');
  const code = await replayCommand(args, {
    print: (text) => void process.stdout.write(text),
    complain: (text) => void process.stderr.write(text),
    isTerminal: process.stderr.isTTY,
    cwd: process.cwd(),
    program: fileURLToPath(import.meta.url),
    variables: process.env,
    stop: stop.signal,
  });
  return process.exit(code);
}

function say(text: string): number {
  process.stdout.write(text);
  return exit.done;
}

function complain(text: string, code: number): number {
  process.stderr.write(text);
  return code;
}

/** Errors that are meant for the person who started the program are shown as they are, without a stack. */
const forPeople = new Set([
  'DatabaseOpenError',
  'ListenError',
  'BackupError',
  'CommandError',
  'DataDirInUseError',
  'ProbeError',
]);
const wrongUse = new Set(['EnvironmentError', 'ConfigFileError']);

/** Tells what went wrong, and with which code to end. */
function tell(error: unknown): number {
  if (!(error instanceof Error)) return complain(`${String(error)}\n`, exit.failed);
  if (wrongUse.has(error.name)) return complain(`${error.message}\n`, exit.usage);
  if ('code' in error && String(error.code).startsWith('ERR_PARSE_ARGS'))
    return complain(`${error.message}\n\n${helpText()}`, exit.usage);
  if (forPeople.has(error.name)) return complain(`${error.message}\n`, exit.failed);
  return complain(`${error.stack ?? error.message}\n`, exit.failed);
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  process.exitCode = tell(error);
  // Workers and sockets of a half-made program must not keep it alive.
  process.exit();
}
