import type { Migration } from './migration.ts';
import { people } from './0001-people.ts';
import { trouble } from './0002-trouble.ts';
import { pageAndThanks } from './0003-page-and-thanks.ts';
import { upstreams } from './0004-upstreams.ts';
import { causes } from './0005-causes.ts';
import { probes } from './0006-probes.ts';
import { inbound } from './0007-inbound.ts';
import { engine } from './0008-engine.ts';
import { schedules } from './0009-schedules.ts';
import { listen } from './0010-listen.ts';
import { publishing } from './0011-publishing.ts';
import { maintenanceSeries } from './0012-maintenance-series.ts';
import { thanks } from './0013-thanks.ts';
import { gifts } from './0014-gifts.ts';
import { postmortems } from './0015-postmortems.ts';

/** Every migration, oldest first. Append only: a released migration is never edited. */
export const migrations: readonly Migration[] = [
  people,
  trouble,
  pageAndThanks,
  upstreams,
  causes,
  probes,
  inbound,
  engine,
  schedules,
  listen,
  publishing,
  maintenanceSeries,
  thanks,
  gifts,
  postmortems,
];
