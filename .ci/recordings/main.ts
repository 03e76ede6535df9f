import { join } from 'node:path'
import { checkAnswers } from './answers/check.ts'
import { isWhole, readAnswers, readQuestions } from './folder.ts'
import { checkRequests } from './requests/check.ts'

// Real answers and requests of vendors through the real gateway.
// `node .ci/recordings/main.ts [all|answers|requests] [part of a recording's name]`
const [part = 'all', only] = process.argv.slice(2)
const root = process.env.CAUSEWAY_RECORDINGS ?? join(import.meta.dirname, '../../../shared/recordings')

if (isWhole(root)) await check()
else {
  console.error(`recordings: none in ${root}; CAUSEWAY_RECORDINGS names another folder`)
  process.exitCode = 1
}

async function check(): Promise<void> {
  const reports = [
    ...(part === 'requests' ? [] : [await checkAnswers(readAnswers(root), only)]),
    ...(part === 'answers' ? [] : [await checkRequests(readQuestions(root), only)]),
  ]
  for (const report of reports) console.log(`${report}\n`)
  const total = (count: 'passed' | 'failed') => reports.reduce((sum, report) => sum + report[count], 0)
  console.log(`recordings: ${total('passed')} passed, ${total('failed')} failed`)
  process.exitCode = total('failed') > 0 || total('passed') === 0 ? 1 : 0
}
