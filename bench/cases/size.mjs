// What entries weigh in a page, first load and what is loaded on use: the figures of `npm run size`, in kB of brotli.

/** @type {import('./index.mjs').Case} */
export const size = {
  name: 'size',
  title: 'What entries weigh in a page',
  references: {},
  measure: async () => {
    const [{ measure }, { BUDGETS }] = await Promise.all([
      import('../../scripts/lib/measure.mjs'),
      import('../../scripts/size-budgets.mjs'),
    ])
    const row = (payload, bytes) => ({
      case: 'size',
      payload,
      contestant: 'peerwire',
      unit: 'kB brotli',
      values: [bytes / 1000],
    })
    const rows = []
    for (const budget of BUDGETS) {
      const { brotli, lazy } = await measure(budget)
      rows.push(row(budget.name, brotli))
      if (budget === BUDGETS[0]) rows.push(...lazy.map((part) => row(`+ on use: ${part.name}`, part.brotli)))
    }
    return rows
  },
}
