// Stops old Node versions with a sentence; written so that they can read it.

/** The oldest Node that is tested, as in `engines` of every package. */
const OLDEST = [20, 19]

export function requireNode() {
  const [major, minor] = process.versions.node.split('.').map(Number)
  if (major > OLDEST[0] || (major === OLDEST[0] && minor >= OLDEST[1])) return
  console.error(`peerwire needs Node ${OLDEST.join('.')} or newer; this is Node ${process.versions.node}.`)
  process.exit(1)
}
