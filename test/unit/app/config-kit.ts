import { readFileSync } from 'node:fs';
import type { ConfigError } from '../../../src/app/config/config-error.ts';
import type { Config } from '../../../src/app/config/config-schema.ts';
import { readConfigText, type ReadConfig } from '../../../src/app/config/read-config.ts';

/** 2026-03-02T12:00:00Z, a Monday. */
export const now = 1_772_452_800_000;

/** What the references of examples/hugops.yaml lead to; none of these values may ever be printed. */
export const exampleSecrets = {
  SMTP_URL: 'smtps://hugops:hidden-mail-password@mail.example.com',
  ALICE_NTFY_TOPIC: 'hidden-topic-1234',
  BOB_SLACK_WEBHOOK: 'https://hooks.example.com/hidden-slack-path',
  CHARLIE_WEBHOOK_URL: 'https://charlie.example.com/hidden-hook-path',
  CHARLIE_WEBHOOK_SECRET: 'whsec_aGlkZGVuLXdlYmhvb2stc2VjcmV0LTEyMzQ1Njc4OTAx',
  HEALTH_TOKEN: 'hidden-health-token',
  ALERTMANAGER_KEY: 'hiddenalertmanagerkey00000000000',
  EVENTS_KEY: 'hiddeneventskey00000000000000000',
};

export const exampleText = (): string =>
  readFileSync(new URL('../../../examples/hugops.yaml', import.meta.url), 'utf8');

export const read = (text: string | Uint8Array, variables: Record<string, string | undefined> = {}): ReadConfig =>
  readConfigText(text, 'hugops.yaml', { variables, now });

export function goodConfig(text: string, variables: Record<string, string | undefined> = {}): Config {
  const result = read(text, variables);
  if (!result.ok) throw new Error(`expected a good file, found: ${result.errors.map(brief).join('; ')}`);
  return result.config;
}

export function errorsOf(text: string | Uint8Array, variables: Record<string, string | undefined> = {}): ConfigError[] {
  const result = read(text, variables);
  if (result.ok) throw new Error('expected a refused file');
  return result.errors;
}

export function warningsOf(text: string, variables: Record<string, string | undefined> = {}): string[] {
  const result = read(text, variables);
  if (!result.ok) throw new Error(`expected a good file, found: ${result.errors.map(brief).join('; ')}`);
  return result.warnings.map(brief);
}

/** `12:7 services.checkout expected …`. */
export const brief = ({ line, column, path, message }: ConfigError): string => `${line}:${column} ${path} ${message}`;

export const briefErrors = (text: string | Uint8Array, variables: Record<string, string | undefined> = {}): string[] =>
  errorsOf(text, variables).map(brief);
