import { type FirstByteOf, type FirstByteSubject, type FirstBytes, firstByteSubjectNames } from './first-byte.ts'
import type { Memory } from './memory.ts'
import type { Row } from './table.ts'
import type { TargetName } from './targets.ts'

const percentileLimits = { p50: '≤ 1 ms', p99: '≤ 5 ms' } as const satisfies Record<keyof FirstBytes, string>

/** What a proxy adds to the time that the upstream itself needs. */
export const firstByteRows = (firstByte: FirstByteOf): Row[] =>
  firstByteSubjectNames.flatMap((subject) =>
    (['p50', 'p99'] as const).map((percentile) => {
      const added = addedBy(firstByte, subject, percentile)
      return {
        figure: `added time to the first byte, ${subject}, ${percentile}`,
        value: added('causeway'),
        unit: 'ms',
        toMinimal: ratio(added('causeway'), added('minimal')),
        toNginx: ratio(added('causeway'), added('nginx')),
        limit: percentileLimits[percentile],
      }
    }),
  )

const addedBy =
  (firstByte: FirstByteOf, subject: FirstByteSubject, percentile: keyof FirstBytes) =>
  (target: TargetName): number | undefined => {
    const [through, direct] = [firstByte(target, subject, percentile), firstByte('upstream', subject, percentile)]
    return through === undefined || direct === undefined ? undefined : through - direct
  }

type Memories = Readonly<Partial<Record<TargetName, Memory>>>

export function memoryRows({ causeway, minimal, nginx }: Memories): Row[] {
  const at = (memory: Memory | undefined, streams: number): number | undefined =>
    memory?.resident.find((one) => one.streams === streams)?.mib
  const held = (causeway?.resident ?? []).map(({ mib, streams }) => ({
    figure: `resident memory, ${streams.toLocaleString('en')} live translated streams`,
    value: mib,
    unit: 'MiB',
    toMinimal: ratio(mib, at(minimal, streams)),
    toNginx: ratio(mib, at(nginx, streams)),
    ...(streams === 5000 && { limit: '≤ 300 MB' }),
  }))
  const stalled: Row = {
    figure: 'resident memory for each client that stops reading',
    value: causeway?.stalledClientKib,
    unit: 'KiB',
    toMinimal: ratio(causeway?.stalledClientKib, minimal?.stalledClientKib),
    toNginx: ratio(causeway?.stalledClientKib, nginx?.stalledClientKib),
    limit: '≤ 256 KiB',
  }
  return [...held, stalled]
}

/** Undefined too where the other needs so little (0.1 ms, 0.1 KiB) that a ratio would say nothing. */
const ratio = (own: number | undefined, other: number | undefined): number | undefined =>
  own === undefined || other === undefined || other < 0.1 || own < 0 ? undefined : own / other
