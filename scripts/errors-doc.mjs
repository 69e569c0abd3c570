// Writes docs/errors.md from the table of error codes; with --check it only says whether the file is up to date.
import { readFile, writeFile } from 'node:fs/promises'
import { CODE_NOTES } from '../packages/core/dist/errors/code-notes.js'
import { DiscReason, discReasonText } from '../packages/core/dist/errors/disc-reason.js'

const FILE = new URL('../docs/errors.md', import.meta.url)

/** The whole document as Markdown. */
export function errorsDocument() {
  const codes = Object.entries(CODE_NOTES).map(([code, note]) => `| ${code} | ${note.meaning} | ${note.whatToDo} |`)
  const reasons = Object.values(DiscReason).map(
    (reason) => `| 0x${reason.toString(16).padStart(2, '0')} | ${discReasonText(reason)} |`,
  )
  return `# Errors

Whatever ends or refuses a peer is one \`PeerError\`: \`code\` says where it began, \`reason\` is the number a Disconnect
carries, \`cause\` is what lay underneath, \`message\` holds the details. The same object reaches \`peer:removed\`,
\`setup:failed\`, \`dial:failed\` and the promise that was waited for. In a log it is one line:

    PeerError(code=remote disconnect reason, reason=too many peers, err=<nil>, message=Peer.run got a remote DiscReason)

This file is made from the table in \`packages/core/src/errors/code-notes.ts\` by \`node scripts/errors-doc.mjs\`.

## Codes

| code | meaning | what to do |
| --- | --- | --- |
${codes.join('\n')}

## Reasons

Any other number up to 2^64 - 1 may arrive and is shown as \`unknown disconnect reason N\`.

| number | word |
| --- | --- |
${reasons.join('\n')}
`
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
