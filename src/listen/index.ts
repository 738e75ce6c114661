export { listenRoutes } from './routes.ts';
export { leaveReport } from './leave-report.ts';
export { settleReports } from './weigh-reports.ts';
