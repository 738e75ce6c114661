import type { Kysely } from 'kysely';
import type { Ctx } from '../../src/platform/context.ts';
import type { Tables } from '../../src/platform/db/tables.ts';
import type { FakeClock } from '../harness/clock.ts';
import type { Gate } from './gate.ts';
import type { SimNode } from './node.ts';
import type { Oracle } from './oracle.ts';
import type { Phones } from './phones.ts';
import type { Verbs } from './verbs.ts';
import type { Dice, World } from './world.ts';

/** One process of HugOps in the simulation. */
export interface Process {
  node: SimNode;
  ctx: Ctx;
}

/** Everything that a part of the simulation may need. */
export interface Simulation {
  root: Kysely<Tables>;
  clock: FakeClock;
  dice: Dice;
  gate: Gate;
  world: World;
  oracle: Oracle;
  phones: Phones;
  verbs: Verbs;
  processes: Process[];
  violate(law: string, what: string): void;
}
