import { existsSync } from 'node:fs';
import type { Ctx } from '../platform/context.ts';
import { ServiceError } from '../platform/errors.ts';
import { applyConfig, formatConfigErrors, readConfigFile, type Retention, usualRetention } from './config/index.ts';
import type { DeadMan } from './auditor.ts';
import type { Environment } from './environment.ts';

/** hugops.yaml cannot be used; the message shows every error with its line. */
export class ConfigFileError extends Error {
  override readonly name = 'ConfigFileError';
}

export interface LoadedConfig {
  mail: { url: string | undefined; from: string };
  networkReferences: readonly string[];
  deadMan: DeadMan | undefined;
  retention: Retention;
}

const defaultFrom = (publicUrl: string): string => `HugOps <hugops@${new URL(publicUrl).hostname}>`;

/** Reads hugops.yaml where there is one and brings the rows to what it says. Throws ConfigFileError; then nothing was changed. */
export async function loadConfig(ctx: Ctx, environment: Environment): Promise<LoadedConfig> {
  const { path, explicit } = environment.config;
  const fromEnvironment = { url: environment.mail.url, from: environment.mail.from ?? defaultFrom(ctx.publicUrl) };
  const { networkReferences } = environment;
  if (!explicit && !existsSync(path))
    return { mail: fromEnvironment, networkReferences, deadMan: undefined, retention: usualRetention };
  const read = await readConfigFile(path, { variables: environment.variables, now: ctx.clock.now() });
  if (!read.ok) throw new ConfigFileError(formatConfigErrors(read.errors));
  if (read.warnings.length > 0)
    ctx.log.warn({ warnings: formatConfigErrors(read.warnings) }, 'hugops.yaml can be used, but look at this');
  const applied = await applyConfig(ctx, read.config).catch((error: unknown) => {
    throw error instanceof ServiceError && error.code === 'conflict' ? conflictIn(path, error) : error;
  });
  ctx.log.info({ path, changed: applied.changed }, 'hugops.yaml applied');
  const { mail, network, deadMan, retention } = read.config;
  return {
    mail: { url: mail?.url ?? fromEnvironment.url, from: mail?.from ?? fromEnvironment.from },
    networkReferences: network?.references ?? networkReferences,
    deadMan: deadMan && { url: deadMan.url, everyMs: deadMan.every },
    retention,
  };
}

/** What the file wants and the console's rows forbid, one to a line as the errors of the file itself. */
function conflictIn(path: string, { fields }: ServiceError): ConfigFileError {
  const lines = fields.map((field) => `${path}  ${field.path}  ${field.message}`);
  return new ConfigFileError(`${lines.join('\n')}\nThe file was not applied; nothing was changed.`);
}
