export { cancelMaintenance, scheduleMaintenance, tickMaintenances, updateMaintenance } from './maintenance.ts';
export { notifySubscribers } from './notify-subscribers.ts';
export { createPublisher, createSite, type Publisher, type Site } from './publisher.ts';
export { tellRoutes } from './routes.ts';
export { forgetPending } from './subscribers.ts';
export { maintenanceRoutes } from './maintenance-routes.ts';
