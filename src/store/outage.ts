/** The store cannot be used at the moment: asking again later helps. Whether a write that failed so was made is not known. */
export class StoreOutage extends Error {
  constructor(cause: unknown) {
    super('the store does not answer', { cause })
  }
}
