import type { Turn } from '../request.ts'

/** Consecutive turns of one role as one, for targets where roles must alternate. System turns stay apart. */
export function mergeTurns(turns: readonly Turn[]): readonly Turn[] {
  const merged: Turn[] = []
  for (const turn of turns) {
    const last = merged.at(-1)
    if (last && last.role === turn.role && turn.role !== 'system') merged[merged.length - 1] = joined(last, turn)
    else merged.push(turn)
  }
  return merged.length === turns.length ? turns : merged
}

/** A name or phase holds for the whole only if both had it. */
function joined(left: Turn, right: Turn): Turn {
  return {
    role: left.role,
    ...(left.phase !== undefined && left.phase === right.phase && { phase: left.phase }),
    ...(left.name !== undefined && left.name === right.name && { name: left.name }),
    parts: [...left.parts, ...right.parts],
    ...((left.native || right.native) && { native: { ...left.native, ...right.native } }),
  }
}
