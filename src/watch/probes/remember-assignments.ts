import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Assignments, assignmentsSchema } from './schemas.ts';

const fileName = 'assignments.json';

/** Keeps what the server gave last. It holds references, never a secret. */
export function rememberAssignments(directory: string, assignments: Assignments): void {
  mkdirSync(directory, { recursive: true });
  const file = join(directory, fileName);
  writeFileSync(`${file}.new`, JSON.stringify(assignments));
  renameSync(`${file}.new`, file);
}

/** What the server gave last, if there is any and it can be read. */
export function recallAssignments(directory: string): Assignments | undefined {
  try {
    return assignmentsSchema.parse(JSON.parse(readFileSync(join(directory, fileName), 'utf8')));
  } catch {
    return undefined;
  }
}
