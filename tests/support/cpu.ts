// What work costs, in time of the processor: unlike the clock's, it doesn't grow when others use the machine.

/** Milliseconds of processor time that `work` takes, garbage collection included. */
export function cpuMs(work: () => void): number {
  const before = process.cpuUsage()
  work()
  const { user, system } = process.cpuUsage(before)
  return (user + system) / 1000
}
