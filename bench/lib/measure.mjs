// Rates of all contestants, round by round, so that a change of the machine's mood meets all alike.

/**
 * One row of the result.
 *
 * @typedef {object} Row
 * @property {string} case
 * @property {string} [payload] - what is sent, or which part is measured
 * @property {boolean} [snappy] - whether it is compressed; absent where there is nothing to compress
 * @property {string} contestant
 * @property {string} unit
 * @property {number[]} values - one for each round
 * @property {number} [share] - processor time to the clock's time
 */

/**
 * Something that contestants do as often as they are told, in a time that they tell.
 *
 * @typedef {object} Task
 * @property {string} case
 * @property {string} [payload]
 * @property {boolean} [snappy]
 * @property {string} unit
 * @property {{ do: string }} request - the answer is `{ seconds, cpuSeconds }`, or `{ unsupported }`
 * @property {string} count - the field of the request that says how often
 * @property {number} worth - what one is in the row's unit
 * @property {number} [exactly] - how often, where that is no matter of time
 */

/** What one of a task costs is found out with rounds of at least this length, in milliseconds of the processor. */
const CALIBRATION_MS = 100

/**
 * Each task by each contestant that can do it, per second of the core that both ends share. It is processor time that
 * counts, so that another program on the core changes little; the share of the clock's time says whether there was one.
 *
 * @param {readonly import('../contestants/index.mjs').Contestant[]} contestants
 * @param {readonly Task[]} tasks
 * @returns {Promise<Row[]>}
 */
export async function measureRates(contestants, tasks, { rounds, roundMs }) {
  const running = contestants.map(({ name, start }) => ({ name, process: start() }))
  const runs = []
  try {
    for (const task of tasks) {
      for (const { name, process } of running) {
        const ask = (count) => process.ask({ ...task.request, [task.count]: count })
        const count = await calibrate(ask, roundMs, task.exactly)
        if (count > 0) runs.push({ task, name, count, ask, answers: [] })
      }
    }
    for (let round = 0; round < rounds; round++) {
      for (const { ask, count, answers } of runs) answers.push(await ask(count))
    }
  } finally {
    await Promise.all(running.map(({ process }) => process.stop()))
  }
  return runs.map(({ task, name, count, answers }) => ({
    case: task.case,
    ...(task.payload !== undefined && { payload: task.payload }),
    ...(task.snappy !== undefined && { snappy: task.snappy }),
    contestant: name,
    unit: task.unit,
    values: answers.map(({ cpuSeconds }) => (count * task.worth) / cpuSeconds),
    share: shareOf(answers),
  }))
}

/** How many fit into a round; 0 where the contestant can't do this at all. The first runs warm up. */
async function calibrate(ask, roundMs, exactly) {
  for (let count = exactly ?? 4; ;) {
    const answer = await ask(count)
    if (answer.unsupported !== undefined) return 0
    if (exactly !== undefined) return exactly
    // Of the processor: on a busy machine the clock's would leave no time to warm up.
    const ms = answer.cpuSeconds * 1e3
    if (ms >= CALIBRATION_MS) return Math.max(4, Math.round((count * roundMs) / ms))
    count = Math.ceil(count * Math.min(8, Math.max(2, CALIBRATION_MS / Math.max(ms, 0.1))))
  }
}

/** How much of the time its core worked for it: far below 1 it waited, or the machine was busy. */
function shareOf(answers) {
  return median(answers.map(({ seconds, cpuSeconds }) => cpuSeconds / seconds))
}

/**
 * What `work` gives; `undefined` when it fails, which is told: one contestant that hangs or dies on a busy machine must
 * not lose what the others did.
 */
export async function attempt(name, work) {
  try {
    return await work()
  } catch (error) {
    process.stderr.write(`\n${name} is left out: ${error.message}\n`)
    return undefined
  }
}

export function median(values) {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]
}
