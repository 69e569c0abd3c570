// Writes docs/errors.md from the table of error codes; with --check it only says whether the file is up to date.
import { readFile, writeFile } from 'node:fs/promises'
import { CODE_NOTES } from '../packages/core/dist/errors/code-notes.js'
import { CODES } from '../packages/core/dist/errors/codes.js'
import { DiscReason, discReasonText } from '../packages/core/dist/errors/disc-reason.js'
import { waitOf } from '../packages/core/dist/errors/waits.js'
import { PeerError } from '../packages/core/dist/errors/peer-error.js'

const FILE = new URL('../docs/errors.md', import.meta.url)

/** The whole document as Markdown. */
export function errorsDocument() {
  const codes = Object.entries(CODE_NOTES).map(([code, note]) => {
    const { origin, misdeed, untold, wait } = CODES[code]
    const told = untold ? 'no' : 'yes'
    return `| ${code} | ${origin} | ${told} | ${wait ?? ''} | ${misdeed ? 'yes' : ''} | ${note.meaning} | ${note.whatToDo} |`
  })
  const reasons = Object.values(DiscReason).map(
    (reason) => `| 0x${reason.toString(16).padStart(2, '0')} | ${discReasonText(reason)} | ${waitAfter(reason)} |`,
  )
  return `# Errors

Whatever ends or refuses a peer is one \`PeerError\`: \`code\` says where it began, \`reason\` is the number a Disconnect
carries, \`cause\` is what lay underneath, \`message\` holds the details. The same object reaches \`peer:removed\`,
\`setup:failed\`, \`dial:failed\` and the promise that was waited for. In a log it is one line:

    PeerError(code=remote disconnect reason, reason=too many peers, err=<nil>, message=Peer.run got a remote DiscReason)

\`error.origin\` says whose doing it was: the \`remote\` did or decided it; on the \`link\`, the way there, something broke
or was silent, and nobody can tell who is to blame; \`local\`: this node decided it, or one of its limits did; \`program\`:
what its user wrote threw. *Told* says whether a Disconnect with the reason is tried, where frames can be sent at all. *Misdeed*:
one of these is enough for the plugin \`standing()\` to discourage a peer. *Wait*: how long a node that was found stays
undialed; what is empty follows the reason, and what is empty there too, the history and the failures in a row. \`quarrel\`
is 3 minutes for each failure in a row, \`useless\` 15 minutes, both at most 1 hour, and \`hopeless\` 1 hour.

This file is made from the tables in \`packages/core/src/errors/\` (\`codes.ts\`, \`code-notes.ts\`, \`waits.ts\`) by
\`node scripts/errors-doc.mjs\`.

## Codes

| code | origin | told | wait | misdeed | meaning | what to do |
| --- | --- | --- | --- | --- | --- | --- |
${codes.join('\n')}

## Reasons

Any other number up to 2^64 - 1 may arrive and is shown as \`unknown disconnect reason N\`.

| number | word | wait |
| --- | --- | --- |
${reasons.join('\n')}
`
}

function waitAfter(reason) {
  const wait = waitOf(new PeerError('disconnect reason', reason, ''))
  return wait === 'usual' ? '' : wait
}

if (process.argv[1] && import.meta.url.endsWith(process.argv[1].split('/').at(-1))) {
  const wanted = errorsDocument()
  if (process.argv.includes('--check')) {
    const found = await readFile(FILE, 'utf8').catch(() => '')
    if (found !== wanted) {
      console.error('docs/errors.md is out of date: run node scripts/errors-doc.mjs')
      process.exitCode = 1
    }
  } else await writeFile(FILE, wanted)
}
