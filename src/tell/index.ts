export { endSeries, planMaintenances, planSeries } from './maintenance-series.ts';
export {
  cancelMaintenance,
  completeMaintenance,
  scheduleMaintenance,
  startMaintenance,
  tickMaintenances,
  updateMaintenance,
} from './maintenance.ts';
export { notifySubscribers } from './notify-subscribers.ts';
export { createPublisher, createSite, type Publisher, type Site } from './publisher.ts';
export { publicationRoutes } from './publication-routes.ts';
export { openPushHttp } from './push/push-http.ts';
export { publishTargetSchema } from './push/push-target.ts';
export { createPusher, type Pusher } from './push/pusher.ts';
export { tellRoutes } from './routes.ts';
export { forgetPending } from './subscribers.ts';
export { maintenanceRoutes } from './maintenance-routes.ts';
