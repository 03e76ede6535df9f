import { defineConfig } from 'vitest/config'

/** What is asked of the store, from the outside: these run once more with PostgreSQL below. */
const onBothStores = [
  'test/admin/**/*.test.ts',
  'test/relay/{background,billing,idempotency,scope,usage-told}.test.ts',
  'test/metrics/**/*.test.ts',
  'test/routes/{billing,generation}.test.ts',
]

export default defineConfig({
  test: {
    testTimeout: 20_000,
    hookTimeout: 60_000,
    // A PostgreSQL that all files share; it starts when the first of them asks for it.
    globalSetup: ['test/support/postgres-shared.ts'],
    projects: [
      { extends: true, test: { name: 'all', include: ['test/**/*.test.ts'] } },
      {
        extends: true,
        test: { name: 'PostgreSQL', include: onBothStores, env: { CAUSEWAY_TEST_STORE: 'postgres' } },
      },
    ],
  },
})
