import { readdirSync, readFileSync } from 'node:fs'

/** CPU time of a process and its children so far, user and system, in µs. Threads that have ended are not counted. */
export const cpuUs = (pid: number): number => sum(tree(pid).flatMap(threadTimesUs))

/** CPU time of a process's first thread so far, in µs: in Node, of the event loop. */
export const loopUs = (pid: number): number => threadUs(pid, String(pid))

/** Memory that a process and its children keep in RAM, in KiB. */
export const residentKib = (pid: number): number => sum(tree(pid).map(residentOf))

/** From the scheduler's own books, exact to the nanosecond; `/proc/PID/stat` counts in steps of 10 ms. */
const threadUs = (pid: number, thread: string): number =>
  Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8').split(' ')[0]) / 1000

const threadTimesUs = (pid: number): number[] => readdirSync(`/proc/${pid}/task`).map((thread) => threadUs(pid, thread))

const residentOf = (pid: number): number =>
  Number(/^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0)

function tree(pid: number): number[] {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean).map(Number)
  return [pid, ...children.flatMap(tree)]
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0)
