/** A step forward of the schema: statements separated by semicolons (none inside a statement), run in one transaction. There is no way back. */
export interface Migration {
  name: string;
  sql: string;
}
