export { deliverHugs } from './deliver-hugs.ts';
export { followIncidents } from './follow-incidents.ts';
export { hugRoutes, thankRoutes } from './routes.ts';
