import {defineConfig} from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/browser/**/*.test.ts"],
    globalSetup: ["test/browser/site.ts"],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // one browser, one page at a time: times and frames are measured
    fileParallelism: false
  }
});
