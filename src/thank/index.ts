export { changeRoutes } from './change-routes.ts';
export { runThanks } from './run-thanks.ts';
export { hugRoutes, thankRoutes } from './routes.ts';
export { forgetPostWords } from './withdraw-post-hugs.ts';
