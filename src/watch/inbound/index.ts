export { hashKey, keyHint } from './integration-key.ts';
export { inboundRoutes, type InboundOptions } from './routes.ts';
