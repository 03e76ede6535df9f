import type { ClosedCredential } from './channels.ts'
import { takeOver } from './keyring.ts'
import type { MasterKeys } from './master-keys.ts'
import type { Store } from './store.ts'

/** What a rotation has done and what it had to leave. */
export interface Rotation {
  /** Credentials that were under the former master key and are under the newest now. */
  readonly resealed: number
  /** Credentials that are not under the newest: none, when the former can be thrown away. */
  readonly left: readonly ClosedCredential[]
}

/**
 * Makes the newest master key the one of the store and seals everything under it. It can be stopped at any moment and called
 * again, and servers that have both keys go on beside it.
 * @throws Error when the store is under neither key. Nothing was changed then.
 */
export async function rotate(store: Store, masters: MasterKeys): Promise<Rotation> {
  const { box } = await store.together((inside) => takeOver(inside.marks, masters))
  const before = await store.channels(box).reseal()
  // Once more while nobody else writes: whoever sealed under the former key a moment ago has written it by now.
  return store.together(async (inside) => {
    const channels = inside.channels(box)
    const late = await channels.reseal()
    return { resealed: before + late, left: await channels.left() }
  })
}
