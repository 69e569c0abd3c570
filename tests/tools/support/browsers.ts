// Browsers of others than Chromium's kind: each started without a window, and told what to do by WebDriver.
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { WebSocket } from 'ws'
import { type JsonProcess, startProcess } from '../../support/json-process.ts'
import { claimPort } from '../../support/ports.ts'
import { findProgram } from './have.ts'
import { PATIENCE_MS } from './hello.ts'

/** One tab. */
export interface OtherTab {
  goto(url: string): Promise<void>
  /** The value of a program of JavaScript whose last statement is `return`; a promise is waited for. */
  evaluate(body: string): Promise<unknown>
  close(): Promise<void>
}

export interface OtherBrowser {
  readonly name: string
  /** All that must be installed. */
  readonly programs: readonly string[]
  /** Cases of the suite of links that it can't keep. */
  readonly lacks: readonly string[]
  open(): Promise<OtherTab>
}

export const BROWSERS: readonly OtherBrowser[] = [
  { name: 'Firefox', programs: ['firefox-esr'], lacks: [], open: openFirefox },
  {
    name: 'WebKit',
    programs: ['WebKitWebDriver', 'Xvfb'],
    // Its `bufferedAmount` forgets what another process of the browser took, at once and without a bound.
    lacks: [
      'holds back a writer whose reader has stopped, and goes on after it',
      'counts what was sent of a large write while it is under way',
    ],
    open: openWebKit,
  },
]

async function openFirefox(): Promise<OtherTab> {
  const folder = mkdtempSync(join(tmpdir(), 'peerwire-firefox-'))
  const args = ['--headless', '--no-remote', '--profile', folder, '--remote-debugging-port', '0', 'about:blank']
  const firefox = startProcess(findProgram('firefox-esr') ?? 'firefox-esr', args, {
    linesFrom: 'stderr',
    env: { HOME: folder },
  })
  const line = await firefox.waitFor(({ text }) => /BiDi listening on/.test(String(text)), PATIENCE_MS)
  const socket = new WebSocket(`${/ws:\S+/.exec(String(line['text']))?.[0]}/session`)
  await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject))
  const ask = askOver(socket)
  await ask('session.new', { capabilities: {} })
  const { contexts } = (await ask('browsingContext.getTree', {})) as { contexts: { context: string }[] }
  const { context } = contexts[0]!
  return {
    goto: async (url) => void (await ask('browsingContext.navigate', { context, url, wait: 'complete' })),
    evaluate: async (body) => {
      const expression = `(async () => JSON.stringify(await (async () => { ${body} })()))()`
      const answer = await ask('script.evaluate', { expression, awaitPromise: true, target: { context } })
      const { type, result, exceptionDetails } = answer as BidiResult
      if (type !== 'success') throw new Error(exceptionDetails?.text ?? 'the page threw')
      return parse(result?.value)
    },
    close: async () => {
      socket.terminate()
      await firefox.stop()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

interface BidiAnswer {
  readonly id: number
  readonly result?: unknown
  readonly error?: string
  readonly message?: string
}

interface BidiResult {
  readonly type: string
  readonly result?: { readonly value?: string }
  readonly exceptionDetails?: { readonly text: string }
}

/** Commands of WebDriver BiDi, answered by their ids. */
function askOver(socket: WebSocket): (method: string, params: object) => Promise<unknown> {
  const waiting = new Map<number, { resolve(result: unknown): void; reject(error: Error): void }>()
  let last = 0
  socket.on('message', (data: Buffer) => {
    const { id, result, error, message } = JSON.parse(String(data)) as BidiAnswer
    const one = waiting.get(id)
    waiting.delete(id)
    if (error === undefined) one?.resolve(result)
    else one?.reject(new Error(`${error}: ${message}`))
  })
  socket.on('close', () => {
    for (const { reject } of waiting.values()) reject(new Error('the browser has gone'))
  })
  return async (method, params) =>
    await new Promise((resolve, reject) => {
      waiting.set(++last, { resolve, reject })
      socket.send(JSON.stringify({ id: last, method, params }))
    })
}

async function openWebKit(): Promise<OtherTab> {
  const folder = mkdtempSync(join(tmpdir(), 'peerwire-webkit-'))
  const screen = startProcess('Xvfb', ['-displayfd', '1', '-screen', '0', '800x600x24', '-nolisten', 'tcp'])
  const { text: display } = await screen.waitFor(({ text }) => /^\d+$/.test(String(text)), PATIENCE_MS)
  const port = await claimPort()
  const env = { DISPLAY: `:${String(display)}`, HOME: folder, WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS: '1' }
  const driver = startProcess('WebKitWebDriver', [`--port=${port}`, '--host=127.0.0.1'], { env })
  const browser = { binary: findMiniBrowser(), args: ['--automation'] }
  const base = `http://127.0.0.1:${port}/session`
  const created = await untilAnswered(driver, () =>
    post(base, { capabilities: { alwaysMatch: { 'webkitgtk:browserOptions': browser } } }),
  )
  const session = `${base}/${(created as { sessionId: string }).sessionId}`
  await post(`${session}/timeouts`, { script: PATIENCE_MS, pageLoad: PATIENCE_MS })
  return {
    goto: async (url) => void (await post(`${session}/url`, { url })),
    evaluate: async (body) => {
      const script = `const done = arguments[0]
        ;(async () => { ${body} })().then((value) => done(JSON.stringify({ value })), (error) => done(JSON.stringify({ error: String(error) })))`
      const answer = (await post(`${session}/execute/async`, { script, args: [] })) as string
      const { value, error } = JSON.parse(answer) as { value?: unknown; error?: string }
      if (error !== undefined) throw new Error(error)
      return value
    },
    close: async () => {
      await fetch(session, { method: 'DELETE' }).catch(() => undefined)
      await driver.stop()
      await screen.stop()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** Beside WebKit's library, in a folder with the name of the machine's kind and the library's version. */
function findMiniBrowser(): string {
  for (const kind of readdirSync('/usr/lib').filter((name) => name.endsWith('-linux-gnu'))) {
    const folder = join('/usr/lib', kind)
    const versions = readdirSync(folder).filter(
      (name) => name.startsWith('webkit2gtk-') || name.startsWith('webkitgtk-'),
    )
    const found = versions
      .map((version) => join(folder, version))
      .find((path) => readdirSync(path).includes('MiniBrowser'))
    if (found) return join(found, 'MiniBrowser')
  }
  throw new Error('WebKit has no MiniBrowser here')
}

async function post(url: string, body: object): Promise<unknown> {
  const headers = { 'Content-Type': 'application/json' }
  const answer = await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) })
  const { value } = (await answer.json()) as { value: unknown }
  if (!answer.ok) throw new Error(`${url}: ${JSON.stringify(value)}`)
  return value
}

/** The driver doesn't say when it listens. */
async function untilAnswered(driver: JsonProcess, ask: () => Promise<unknown>): Promise<unknown> {
  for (;;) {
    try {
      return await ask()
    } catch (error) {
      if (!/fetch failed/.test(String(error))) throw error
      await Promise.race([
        new Promise((resolve) => setTimeout(resolve, 50)),
        driver.exited.then(() => Promise.reject(error)),
      ])
    }
  }
}

function parse(text: string | undefined): unknown {
  return text === undefined ? undefined : (JSON.parse(text) as unknown)
}
