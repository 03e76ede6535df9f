/** How many traps there are: T1 to T116. */
export const trapCount = 116

/** Traps that no request can show, and why. All others stand in the name of a test, as `(T7)` or `(T25, T46)`. */
export const notOurs: Readonly<Record<string, string>> = {
  T105: 'A fact of build machines: old ones install an old SDK. The package pins the Node that runs its tests.',
}
