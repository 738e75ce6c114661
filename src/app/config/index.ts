export { applyConfig } from './apply/apply-config.ts';
export { checkConfigFile, readConfigFile } from './check-config-file.ts';
export { formatConfigErrors } from './config-error.ts';
export { type Retention, usualRetention } from './retention-schema.ts';
export { resolveReferences } from './resolve-references.ts';
