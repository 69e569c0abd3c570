// A Vitest reporter that writes how many tests passed, failed and were skipped to the file named by PEERWIRE_COUNTS.
import { writeFileSync } from 'node:fs'

export default class CountsReporter {
  onTestRunEnd(modules, errors) {
    const counts = { passed: 0, failed: 0, skipped: 0 }
    for (const module of modules) {
      let failedTests = 0
      for (const test of module.children.allTests()) {
        const { state } = test.result()
        if (state === 'passed') counts.passed++
        else if (state === 'failed') failedTests++
        else counts.skipped++
      }
      // A file that could not be read, or a hook that threw, fails without a failed test.
      counts.failed += failedTests === 0 && module.state() === 'failed' ? 1 : failedTests
    }
    // A rejection that nobody handled belongs to no test, and fails the run all the same.
    counts.failed += errors.length
    writeFileSync(process.env['PEERWIRE_COUNTS'], JSON.stringify(counts))
  }
}
