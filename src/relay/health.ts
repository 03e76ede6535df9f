import type { Fault, FaultClass } from '../model/fault.ts'
import type { Channel } from '../model/rows.ts'
import { hintOf } from '../store/channels.ts'
import { type Breaker, breaker } from './breaker.ts'
import { askedMs, type Effect, effectOf, firstFault } from './health-effect.ts'

/** Which candidates asked to be left alone for a while, fail, or cannot be used. */
export interface Health {
  /** Why it is better not asked now; undefined when it is well. */
  restOf(place: Place): Rest | undefined
  isResting(place: Place): boolean
  /** It is being asked. */
  began(place: Place): void
  /** After a fault, also one that is the client's own. Gives the rest that begins with it. */
  failed(place: Place, fault: Fault): Rest | undefined
  succeeded(place: Place): void
  /** It was asked, and nobody will know how that would have ended. */
  left(place: Place): void
  /** Everything that is known of a channel, its secrets by their hints. */
  view(channel: Channel): readonly HealthRow[]
  /** How many are left alone now, of all channels. */
  tally(): Readonly<Record<RestState, number>>
  /** Forgets what is known of a channel: the operator has seen to it. */
  reset(channel: string): void
}

/** Whom a state is about: a candidate, or what is left of it. */
export interface Place {
  readonly channel: Pick<Channel, 'name'>
  readonly model: string
  readonly secret: string
}

/**
 * `resting`: it asked for it, or does not have this model. `parked`: its secret is refused or has no money.
 * `open`: it failed too often. `probing`: one call tries whether that is over.
 */
export type RestState = 'resting' | 'parked' | 'open' | 'probing'

export interface Rest {
  readonly state: RestState
  readonly faultClass: FaultClass
  readonly sinceMs: number
  /** When it will be asked again. */
  readonly untilMs: number
}

export interface HealthRow {
  /** The last characters of the secret. */
  readonly credential: string
  /** The upstream's name of the model; absent: all of them. */
  readonly model?: string
  readonly state: RestState | 'well' | 'half_open'
  readonly sinceMs: number
  readonly untilMs?: number
  readonly lastFault: FaultClass
}

/** A rest that ends by itself, and grows when its fault comes again. */
interface Pause {
  readonly faultClass: FaultClass
  readonly sinceMs: number
  readonly untilMs: number
  /** How many came one after another. */
  readonly times: number
}

type Resting = Exclude<Effect, { readonly on: 'nothing' }>

interface State {
  readonly place: Place
  pause?: Pause
  breaker?: Breaker
  lastFault: FaultClass
  sinceMs: number
}

/** Some 400 bytes each: names of models come from clients and have no end. */
const mostStates = 20_000

/** Health of channel × model × secret and of channel × secret, in memory; who is well takes no place there. */
export const health = (clock: () => number, most = mostStates): Health => new HealthBook(clock, most)

class HealthBook implements Health {
  readonly #clock: () => number
  readonly #most: number
  readonly #lanes = new Map<string, State>()
  readonly #credentials = new Map<string, State>()

  constructor(clock: () => number, most: number) {
    this.#clock = clock
    this.#most = most
  }

  restOf(place: Place): Rest | undefined {
    if (this.#lanes.size === 0 && this.#credentials.size === 0) return undefined
    const nowMs = this.#clock()
    return (
      pausedAt(this.#credentials.get(credentialOf(place)), 'parked', nowMs) ??
      pausedAt(this.#lanes.get(laneOf(place)), 'resting', nowMs) ??
      openAt(this.#lanes.get(laneOf(place)), nowMs)
    )
  }

  isResting(place: Place): boolean {
    return this.restOf(place) !== undefined
  }

  began(place: Place): void {
    this.#lanes.get(laneOf(place))?.breaker?.began(this.#clock())
  }

  failed(place: Place, told: Fault): Rest | undefined {
    const before = this.restOf(place)
    const broken = firstFault(told)
    const effect = effectOf(broken)
    if (effect.on === 'nothing') {
      this.left(place)
      return undefined
    }
    this.#note(place, broken, effect)
    const rest = this.restOf(place)
    return before?.state === rest?.state ? undefined : rest
  }

  succeeded(place: Place): void {
    this.#credentials.delete(credentialOf(place))
    const name = laneOf(place)
    const lane = this.#lanes.get(name)
    if (!lane) return
    lane.breaker?.succeeded(this.#clock())
    delete lane.pause
    if (lane.breaker?.isWell ?? true) this.#lanes.delete(name)
  }

  left(place: Place): void {
    this.#lanes.get(laneOf(place))?.breaker?.left()
  }

  view({ name, secrets }: Channel): readonly HealthRow[] {
    const nowMs = this.#clock()
    const isMine = ({ place }: State): boolean => place.channel.name === name && secrets.includes(place.secret)
    return [
      ...[...this.#credentials.values()].filter(isMine).map((state) => rowOf(state, 'parked', nowMs)),
      ...[...this.#lanes.values()]
        .filter(isMine)
        .map((state) => ({ ...rowOf(state, 'resting', nowMs), model: state.place.model })),
    ]
  }

  tally(): Readonly<Record<RestState, number>> {
    const nowMs = this.#clock()
    const tally = { resting: 0, parked: 0, open: 0, probing: 0 }
    const count = (rest: Rest | undefined): void => {
      if (rest) tally[rest.state]++
    }
    for (const state of this.#credentials.values()) count(pausedAt(state, 'parked', nowMs))
    for (const state of this.#lanes.values()) count(pausedAt(state, 'resting', nowMs) ?? openAt(state, nowMs))
    return tally
  }

  reset(channel: string): void {
    for (const states of [this.#lanes, this.#credentials])
      for (const [name, { place }] of states) if (place.channel.name === channel) states.delete(name)
  }

  #note(place: Place, broken: Fault, effect: Resting): void {
    const nowMs = this.#clock()
    const states = effect.on === 'credential' ? this.#credentials : this.#lanes
    const state = this.#stateOf(states, effect.on === 'credential' ? credentialOf(place) : laneOf(place), place)
    state.lastFault = broken.class
    state.sinceMs = nowMs
    if (effect.on === 'trouble') {
      state.breaker ??= breaker()
      state.breaker.failed(nowMs)
    } else this.left(place)
    const pause = nextPause(state.pause, broken, effect, nowMs)
    if (pause) state.pause = pause
  }

  /** Put last, so that who has been quiet longest is forgotten first. */
  #stateOf(states: Map<string, State>, name: string, { channel, model, secret }: Place): State {
    const place = { channel: { name: channel.name }, model, secret }
    const state: State = states.get(name) ?? { place, lastFault: 'internal', sinceMs: 0 }
    states.delete(name)
    states.set(name, state)
    const oldest = states.keys().next()
    if (states.size > this.#most && !oldest.done) states.delete(oldest.value)
    return state
  }
}

const credentialOf = ({ channel, secret }: Place): string => `${channel.name}\0${secret}`
const laneOf = ({ channel, model, secret }: Place): string => `${channel.name}\0${model}\0${secret}`

/** Many calls that fail at once are one fault: a pause grows only when its fault comes again after it. */
function nextPause(before: Pause | undefined, broken: Fault, effect: Resting, nowMs: number): Pause | undefined {
  const asked = askedMs(broken, nowMs)
  const isRunning = before !== undefined && nowMs < before.untilMs
  const times = isRunning ? before.times : before?.faultClass === broken.class ? Math.min(before.times + 1, 20) : 1
  const grown = 'mostMs' in effect ? Math.min(effect.mostMs, effect.restMs * 2 ** (times - 1)) : effect.restMs
  const restMs = asked ?? (isRunning && before.faultClass === broken.class ? undefined : grown)
  if (restMs === undefined) return undefined
  const untilMs = Math.max(isRunning ? before.untilMs : 0, nowMs + restMs)
  return { faultClass: broken.class, sinceMs: isRunning ? before.sinceMs : nowMs, untilMs, times }
}

const pausedAt = (state: State | undefined, name: 'resting' | 'parked', nowMs: number): Rest | undefined =>
  state?.pause && nowMs < state.pause.untilMs
    ? {
        state: name,
        faultClass: state.pause.faultClass,
        sinceMs: state.pause.sinceMs,
        untilMs: state.pause.untilMs,
      }
    : undefined

function openAt(state: State | undefined, nowMs: number): Rest | undefined {
  const found = state?.breaker?.stateAt(nowMs)
  if (!state?.breaker || found === undefined || found === 'closed' || found === 'half_open') return undefined
  const { sinceMs, untilMs } = state.breaker
  return { state: found, faultClass: state.lastFault, sinceMs, untilMs }
}

function rowOf(state: State, paused: 'resting' | 'parked', nowMs: number): HealthRow {
  const credential = hintOf(state.place.secret)
  const rest = pausedAt(state, paused, nowMs) ?? openAt(state, nowMs)
  if (rest) {
    const { faultClass, sinceMs, untilMs } = rest
    return { credential, state: rest.state, sinceMs, untilMs, lastFault: faultClass }
  }
  const isHalfOpen = state.breaker?.stateAt(nowMs) === 'half_open'
  return { credential, state: isHalfOpen ? 'half_open' : 'well', sinceMs: state.sinceMs, lastFault: state.lastFault }
}
