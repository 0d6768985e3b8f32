import {defineConfig} from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    exclude: ["test/browser/**", "test/slow/**"],
    testTimeout: 180_000,
    // one process a file: a tfjs engine is a global of its process
    pool: "forks",
    maxWorkers: 2
  }
});
