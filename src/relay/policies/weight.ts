import { hash } from 'node:crypto'
import type { Candidate } from '../candidate.ts'
import type { Policy } from './policy.ts'

/**
 * Orders so that a candidate comes first with a probability in proportion to its channel's weight. A conversation's draw
 * follows from its name (weighted rendezvous hashing): every process sends it to the same place, its prompt cache, and when
 * a place comes or goes, only the conversations that get it or had it move. Without a conversation, chance draws.
 * @see https://www.ietf.org/archive/id/draft-ietf-bess-weighted-hrw-02.html
 */
export const byWeight: Policy = (candidates, { conversation, random }) =>
  candidates.length < 2
    ? candidates
    : candidates
        .map((candidate) => {
          const chance = conversation === undefined ? random() : chanceOf(conversation, candidate)
          return { candidate, draw: -Math.log(1 - chance) / candidate.channel.weight }
        })
        .sort((left, right) => left.draw - right.draw)
        .map(({ candidate }) => candidate)

/** From 0 up to 1, evenly; the same for the same conversation and place. */
const chanceOf = (conversation: string, candidate: Candidate): number =>
  Number.parseInt(hash('sha256', `${conversation}\0${placeOf(candidate)}`, 'hex').slice(0, 13), 16) / 2 ** 52

/** Candidates outlive requests, so a secret is digested once. */
const places = new WeakMap<Candidate, string>()

function placeOf(candidate: Candidate): string {
  const known = places.get(candidate)
  if (known !== undefined) return known
  const place = `${candidate.channel.name}\0${hash('sha256', candidate.secret, 'hex')}`
  places.set(candidate, place)
  return place
}
