import { testDatabase } from './postgres.ts'

/** What a gateway is told of where to keep things, and what is to be done afterwards. */
export interface StoreUnderTest {
  readonly environment: Readonly<Record<string, string>>
  end(): Promise<void>
}

/** In memory; a fresh PostgreSQL database where the tests run with `CAUSEWAY_TEST_STORE=postgres`. */
export async function storeUnderTest(): Promise<StoreUnderTest> {
  if (process.env.CAUSEWAY_TEST_STORE !== 'postgres') return { environment: {}, end: async () => {} }
  const { url, end } = await testDatabase()
  return { environment: { CAUSEWAY_DATABASE_URL: url }, end }
}
