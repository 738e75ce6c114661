import { existsSync, readFileSync } from 'node:fs';
import type { Ctx } from '../platform/context.ts';
import { applyConfig, formatConfigErrors, readConfigFile } from './config/index.ts';
import type { Environment } from './environment.ts';

/** hugops.yaml cannot be used; the message shows every error with its line. */
export class ConfigFileError extends Error {
  override readonly name = 'ConfigFileError';
}

export interface LoadedConfig {
  mail: { url: string | undefined; from: string };
  /** The value behind a reference in a check's configuration; undefined when it is not there. */
  resolveSecret(source: 'env' | 'file', name: string): string | undefined;
}

const defaultFrom = (publicUrl: string): string => `HugOps <hugops@${new URL(publicUrl).hostname}>`;

/** Reads hugops.yaml where there is one and brings the rows to what it says. Throws ConfigFileError; then nothing was changed. */
export async function loadConfig(ctx: Ctx, environment: Environment): Promise<LoadedConfig> {
  const { path, explicit } = environment.config;
  const fromEnvironment = { url: environment.mail.url, from: environment.mail.from ?? defaultFrom(ctx.publicUrl) };
  const resolveSecret = secretsOf(environment);
  if (!explicit && !existsSync(path)) return { mail: fromEnvironment, resolveSecret };
  const read = await readConfigFile(path, { variables: environment.variables, now: ctx.clock.now() });
  if (!read.ok) throw new ConfigFileError(formatConfigErrors(read.errors));
  if (read.warnings.length > 0)
    ctx.log.warn({ warnings: formatConfigErrors(read.warnings) }, 'hugops.yaml can be used, but look at this');
  const applied = await applyConfig(ctx, read.config);
  ctx.log.info({ path, changed: applied.changed }, 'hugops.yaml applied');
  const { mail } = read.config;
  return { mail: { url: mail?.url ?? fromEnvironment.url, from: mail?.from ?? fromEnvironment.from }, resolveSecret };
}

function secretsOf(environment: Environment): LoadedConfig['resolveSecret'] {
  return (source, name) => {
    if (source === 'env') return environment.variables[name];
    try {
      return readFileSync(name, 'utf8');
    } catch {
      return undefined;
    }
  };
}
