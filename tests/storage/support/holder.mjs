// A program that takes a folder, says whether it got it, and keeps it until it is killed.
// Arguments: the folder, and the process number that it shall have, where there are no containers.
import { openStorage } from '@peerwire/core/storage'

const [folder, pid] = process.argv.slice(2)
if (pid !== undefined) Object.defineProperty(process, 'pid', { value: Number(pid) })
try {
  await openStorage(folder, { whenTaken: 'fail' }).claim(`node of ${process.pid}`)
  console.log(JSON.stringify({ event: 'holds', pid: process.pid }))
  setInterval(() => undefined, 60_000)
} catch (error) {
  console.log(JSON.stringify({ event: 'refused', message: error.message }))
}
