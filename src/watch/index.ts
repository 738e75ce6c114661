export type { Outcome } from './checks/check-kind.ts';
export { type CheckConfig, checkConfigSchema, checkKinds } from './checks/index.ts';
export { createHostResolver } from './checks/resolve-host.ts';
export { heartbeatRoutes } from './heartbeat-routes.ts';
export { overdueHeartbeats } from './heartbeats.ts';
export { inboundRoutes } from './inbound/index.ts';
export { keepResults } from './partitions.ts';
export { watchRoutes } from './routes.ts';
export { createScheduler, type Scheduler, type SchedulerOptions } from './scheduler.ts';
