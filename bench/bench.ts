/** One figure. Its file is named for it, prints its table with the peer or limit measured in the same run, and returns the figure. */
export interface Bench {
  /** As in `npm run bench -- NAME`. */
  name: string;
  /** One line for the list. */
  what: string;
  /** What the figure must reach, in words: `at most 250 ms`. */
  floor: string;
  run(): Promise<{ figure: number | string; unit: string; ok: boolean }>;
}
