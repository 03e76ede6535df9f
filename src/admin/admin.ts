import type { LedgerStore } from '../ledger/store.ts'
import type { Relay } from '../relay/relay.ts'
import type { SecretBox } from '../store/secret-box.ts'
import type { TokenRow } from '../store/tokens.ts'

/** What the management API works with. Made once by `app.ts`. */
export interface Admin {
  readonly relay: Relay
  /** The ledger, for reading. What writes it is the relay's. */
  readonly books: Pick<LedgerStore, 'account' | 'reservation' | 'transfersOf' | 'statement'>
  /** Seals the secrets of vendors. */
  readonly box: SecretBox
  /** Under which keys for models are hashed. */
  readonly pepper: Buffer
  /** Under which tokens of this API are hashed. */
  readonly tokenPepper: Buffer
  /** Takes what was written into the snapshot at once. */
  readonly refresh: () => Promise<void>
}

/** Whoever has shown a token. */
export interface Actor extends Pick<TokenRow, 'id' | 'name' | 'role'> {
  /** Where they ask from. */
  readonly address: string
}
