export { hashKey, keyHint, newIntegrationKey } from './integration-key.ts';
export { inboundRoutes, type InboundOptions } from './routes.ts';
