import type { Kysely } from 'kysely';
import type { EpochMs } from '../../domain/words.ts';
import type { Tables } from '../../platform/db/tables.ts';

/**
 * How closely time is to be followed. `calm`: nothing has happened yet. `busy`: something changes. `steady`: as before. `quiet`: nothing is left
 * of the scenario but the wait for the morning.
 */
export type Mood = 'calm' | 'busy' | 'steady' | 'quiet';

/** Where a scenario is played: the program in a process of its own, or in this one under a fake clock. */
export interface Stage {
  /** The program's address. */
  readonly url: string;
  /** Lets some time pass, `until` at most by much. */
  advance(until: EpochMs, mood: Mood): Promise<void>;
  /** Ends the program by SIGKILL and starts it again. */
  kill(): Promise<void>;
  /** Ends the play and reads what it has left in the database. */
  finish<T>(read: (db: Kysely<Tables>) => Promise<T>): Promise<T>;
  /** Lets go of everything, whatever state it is in. */
  stop(): Promise<void>;
}

/** What a stage is opened with. */
export interface StageParts {
  /** The scenario's hugops.yaml. */
  readonly config: string;
  readonly variables: Readonly<Record<string, string>>;
}
