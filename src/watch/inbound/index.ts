export { forgetMessages } from './forget-messages.ts';
export { hashKey, keyHint } from './integration-key.ts';
export { inboundRoutes, type InboundOptions } from './routes.ts';
export { openSourceTally, type SourceTally } from './source-tally.ts';
export { integrationKinds, misfits, sourceConfigSchema } from './source-config.ts';
