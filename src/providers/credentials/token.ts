/** An access token and when it ends, milliseconds since 1970. */
export interface Token {
  readonly text: string
  readonly expiresAtMs: number
}

/** A token is not used any more this long before it ends, so that it outlives the request that it goes with. */
const marginMs = 5 * 60_000

/** Keeps one token for as long as it is good; callers that come while it is fetched wait for the same answer. A failure is not kept. */
export function keptToken(fetch: () => Promise<Token>, clock: () => number = Date.now): () => Promise<string> {
  let token: Token | undefined
  let fetching: Promise<Token> | undefined
  const done = (): void => {
    fetching = undefined
  }
  return async () => {
    if (token && clock() < token.expiresAtMs - marginMs) return token.text
    if (!fetching) {
      fetching = fetch()
      fetching.then(done, done)
    }
    token = await fetching
    return token.text
  }
}
