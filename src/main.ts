#!/usr/bin/env node
import { parseArgs } from 'node:util';
import { type CommandName, helpText, isCommand } from './app/commands.ts';
import { EnvironmentError, readEnvironment, readVersion } from './app/environment.ts';

// The only file that touches process.*: it turns the command line into a call, and an outcome into an exit code.

const exit = { done: 0, failed: 1, usage: 2 } as const;

async function main(args: string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: { help: { type: 'boolean', short: 'h' }, version: { type: 'boolean' } },
  });
  if (values.version === true) return say(`${readVersion()}\n`);
  const [name, file, ...rest] = positionals;
  if (name === undefined) return values.help === true ? say(helpText()) : complain(helpText(), exit.usage);
  if (!isCommand(name)) return complain(`There is no command ${name}.\n\n${helpText()}`, exit.usage);
  if (values.help === true) return say(helpText(name));
  if (rest.length > 0 || (name === 'serve' && file !== undefined)) return complain(helpText(name), exit.usage);
  return run(name, file);
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
  const { serve } = await import('./app/serve.ts');
  const running = await serve(environment, {
    pid: process.pid,
    print: (text) => void process.stdout.write(text),
    onFatal(message) {
      process.stderr.write(`${message}\n`);
      process.exit(exit.failed);
    },
  });
  const stop = (): void => {
    // A second signal means: now.
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(exit.failed));
    running.stop().then(
      () => process.exit(exit.done),
      () => process.exit(exit.failed),
    );
  };
  process.once('SIGINT', stop);
  process.once('SIGTERM', stop);
  return running.ended;
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
  'ConfigFileError',
  'ListenError',
  'ServiceError',
  'BackupError',
  'DataDirInUseError',
]);

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  if (error instanceof EnvironmentError) process.exitCode = complain(`${error.message}\n`, exit.usage);
  else if (error instanceof Error && (error as { code?: string }).code?.startsWith('ERR_PARSE_ARGS'))
    process.exitCode = complain(`${error.message}\n`, exit.usage);
  else if (error instanceof Error && forPeople.has(error.name))
    process.exitCode = complain(`${error.message}\n`, error.name === 'ConfigFileError' ? exit.usage : exit.failed);
  else
    process.exitCode = complain(
      `${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`,
      exit.failed,
    );
  // Workers and sockets of a half-made program must not keep it alive.
  if (process.exitCode !== 0) process.exit();
}
