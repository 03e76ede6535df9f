/** What a client got. */
export interface Received {
  readonly status: number
  readonly bytes: Buffer
}

/** Everything is on this machine: who is silent for so long hangs, and ends the check. */
const longestMs = 30_000

/** Sends a question as a client does and takes the answer as far as it came: one that broke off may end in a reset. */
export async function ask(
  url: string,
  key: string,
  { body, headers, path }: { body: unknown; headers?: Record<string, string>; path: string },
): Promise<Received> {
  const response = await fetch(url + path, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
    signal: AbortSignal.timeout(longestMs),
  })
  const chunks: Uint8Array[] = []
  try {
    for await (const chunk of response.body ?? []) chunks.push(chunk)
  } catch (error) {
    if (!(error instanceof TypeError)) throw error
  }
  return { status: response.status, bytes: Buffer.concat(chunks) }
}
