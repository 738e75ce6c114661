export { borrowPort as freePort } from '../../src/app/replay/borrow-port.ts';
