import { openDatabase, type Opened, type OpenOptions } from '../../../src/platform/db/open-database.ts';
import { migratedDump } from '../../harness/migrated-dump.ts';
import { createDatabase } from '../../harness/postgres.ts';

export interface Subject {
  readonly kind: 'embedded' | 'postgres';
  /** Opens a migrated database of its own; close() removes it. */
  open(options?: OpenOptions): Promise<Opened>;
}

/** The two databases that everything must be the same on. */
export const both: readonly Subject[] = [
  {
    kind: 'embedded',
    open: async (options) => openDatabase({ memory: true, dump: await migratedDump() }, options),
  },
  {
    kind: 'postgres',
    async open(options) {
      const database = await createDatabase();
      const opened = await openDatabase({ databaseUrl: database.url }, options);
      return {
        ...opened,
        async close() {
          await opened.close();
          await database.drop();
        },
      };
    },
  },
];
