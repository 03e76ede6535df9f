/** Few enough that nobody waits long for what is locked meanwhile, nor, where the store is on this thread, for it. */
const rowsAtOnce = 100

/** Removes what is too old, some at a time and until none is left. `remove` tells how many it found. */
export async function inParts(remove: (most: number) => Promise<number | bigint>): Promise<void> {
  while (Number(await remove(rowsAtOnce)) === rowsAtOnce) await new Promise(setImmediate)
}
