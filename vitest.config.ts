import { defineConfig } from 'vitest/config';

// Two projects: `unit` is pure and runs in seconds (npm run verify); `whole` starts real servers, databases and browsers.
export default defineConfig({
  test: {
    projects: [
      { test: { name: 'unit', include: ['test/unit/**/*.test.ts'], testTimeout: 20_000 } },
      {
        test: {
          name: 'whole',
          include: [
            'test/stories/**/*.test.ts',
            'test/parts/**/*.test.ts',
            'test/crash/**/*.test.ts',
            'test/simulate/**/*.test.ts',
          ],
          // Starts PostgreSQL when the first test asks for it, and stops it in any case.
          globalSetup: ['test/harness/global-postgres.ts'],
          testTimeout: 120_000,
          hookTimeout: 120_000,
          // Two cores: more files at once only make real servers and browsers miss their deadlines.
          maxWorkers: 2,
        },
      },
    ],
  },
});
