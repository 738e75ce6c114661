export { type Applied, applyConfig } from './apply/apply-config.ts';
export { checkConfigFile, readConfigFile } from './check-config-file.ts';
export { type ConfigError, formatConfigErrors } from './config-error.ts';
export type { Config } from './config-schema.ts';
export { configJsonSchemaText } from './json-schema.ts';
export { readConfigText } from './read-config.ts';
export type { ConfigEnvironment } from './resolve-references.ts';
