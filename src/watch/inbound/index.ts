export { hashKey, keyHint, newIntegrationKey } from './integration-key.ts';
export { type IntegrationKeys, openIntegrationKeys } from './integration-keys.ts';
export { type InboundTool } from './inbound.ts';
export { inboundRoutes, type InboundOptions } from './routes.ts';
export { inboundTools } from './tools.ts';
