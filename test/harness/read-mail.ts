export { readMail, type ReadMail } from '../../src/app/replay/world/read-mail.ts';
