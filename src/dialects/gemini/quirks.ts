/** How servers of this format differ. */
export interface GeminiQuirks {
  /** `openapi`: an older server that knows `parameters` and `responseSchema` alone. */
  readonly schemaField: 'json' | 'openapi'
  /** Whether calls and their results go up with ids. Vertex refuses them; without, they pair by order. */
  readonly callIds: boolean
  /** Vertex: `labels` on the request, for the bill. */
  readonly labels: boolean
  /** Vertex: `excludeDomains` of the search tool. */
  readonly excludeDomains: boolean
  /** `flat`: the counter takes the request's own fields (Vertex) instead of a `generateContentRequest`. */
  readonly countBody: 'wrapped' | 'flat'
  /** Most characters of a function's name. */
  readonly nameLength: number
  /** Fields of `generationConfig` that the server refuses. */
  readonly drop: readonly string[]
}

/** What the developer API does. */
export const geminiQuirks: GeminiQuirks = {
  schemaField: 'json',
  callIds: false,
  labels: false,
  excludeDomains: false,
  countBody: 'wrapped',
  nameLength: 64,
  drop: [],
}
