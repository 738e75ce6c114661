export { deliverHugs } from './deliver-hugs.ts';
export { followIncidents } from './follow-incidents.ts';
export { leaveHug } from './leave-hug.ts';
export { moderateHug } from './moderate-hug.ts';
export { maxHugLength } from './read-words.ts';
