import { defineConfig } from 'vitest/config';
import { SummaryReporter } from './test/support/summary-reporter.ts';

/** Everything, the slow suite (`*.slow.test.ts`) included. */
export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    testTimeout: 3_600_000,
    hookTimeout: 120_000,
    reporters: ['default', new SummaryReporter()],
  },
});
