import { describe, expect, it } from 'vitest'
import { openapi } from '../../src/admin/api/openapi.ts'
import { endpoints } from '../../src/admin/index.ts'

interface Operation {
  readonly parameters: readonly { readonly name: string; readonly in: string }[]
}

// The document is written as OpenAPI has it.
const paths = openapi(endpoints).paths as Record<string, Record<string, Operation>>

describe('the description of the management API', () => {
  it('names the header of what is counted once, where it is heard', () => {
    const heard = Object.entries(paths).flatMap(([path, operations]) =>
      Object.entries(operations).flatMap(([method, { parameters }]) =>
        parameters.some(({ name, in: place }) => name === 'Idempotency-Key' && place === 'header')
          ? [`${method} ${path}`]
          : [],
      ),
    )
    expect(heard).toEqual(['post /api/accounts/{id}/credit', 'post /api/accounts/{id}/adjust'])
  })
})
