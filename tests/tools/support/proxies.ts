// Reverse proxies of others, each before one listener, as their manuals have it for WebSocket.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { createRequire } from 'node:module'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { onTestFinished } from 'vitest'
import { toolboxFolder } from '../../../scripts/lib/toolbox.mjs'
import { startProcess } from '../../support/json-process.ts'
import { claimPort } from '../../support/ports.ts'
import { findProgram } from './have.ts'
import { PATIENCE_MS } from './hello.ts'

const POLL_MS = 50

export interface Proxy {
  readonly name: string
  /** The program it needs; absent for one of the toolbox. */
  readonly program?: string
  /** Starts it before `target` of 127.0.0.1; answers its own port. It ends with the test. */
  start(target: number): Promise<number>
}

export const PROXIES: readonly Proxy[] = [
  { name: 'http-proxy', start: startHttpProxy },
  configured('nginx', (port, target, folder) => ({
    args: ['-e', 'stderr', '-p', folder, '-c', 'config'],
    config: `daemon off; master_process off; pid ${folder}/pid; error_log stderr; events {}
      http {
        access_log off; client_body_temp_path ${folder}; proxy_temp_path ${folder}; fastcgi_temp_path ${folder};
        uwsgi_temp_path ${folder}; scgi_temp_path ${folder};
        server {
          listen 127.0.0.1:${port};
          location / {
            proxy_pass http://127.0.0.1:${target}; proxy_http_version 1.1;
            proxy_set_header Host $host; proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection "upgrade";
            proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
          }
        }
      }`,
  })),
  configured('haproxy', (port, target, folder) => ({
    args: ['-db', '-f', join(folder, 'config')],
    config: `defaults
  mode http
  timeout connect 5s
  timeout client 30s
  timeout server 30s
  timeout tunnel 1h
  option forwardfor
frontend front
  bind 127.0.0.1:${port}
  default_backend back
backend back
  server listener 127.0.0.1:${target}
`,
  })),
  configured('caddy', (port, target, folder) => ({
    args: ['run', '--adapter', 'caddyfile', '--config', join(folder, 'config')],
    config: `{
  admin off
  auto_https off
  storage file_system ${folder}
}
http://127.0.0.1:${port} {
  bind 127.0.0.1
  reverse_proxy 127.0.0.1:${target}
}
`,
  })),
]

interface Setting {
  readonly args: readonly string[]
  readonly config: string
}

/** A program that reads a file of settings. */
function configured(name: string, setting: (port: number, target: number, folder: string) => Setting): Proxy {
  const start = async (target: number): Promise<number> => {
    const folder = mkdtempSync(join(tmpdir(), `peerwire-${name}-`))
    const port = await claimPort()
    const { args, config } = setting(port, target, folder)
    writeFileSync(join(folder, 'config'), config)
    const child = startProcess(findProgram(name) ?? name, args, { cwd: folder, env: { HOME: folder } })
    onTestFinished(async () => {
      await child.kill()
      rmSync(folder, { recursive: true, force: true })
    })
    await Promise.race([
      listening(port),
      child.exited.then(() => Promise.reject(new Error(`${name}: ${child.stderr}`))),
    ])
    return port
  }
  return { name, program: name, start }
}

async function startHttpProxy(target: number): Promise<number> {
  const require = createRequire(join(toolboxFolder, 'package.json'))
  const { createProxyServer } = require('http-proxy') as {
    createProxyServer(options: object): { ws(...args: unknown[]): void; on(event: string, act: () => void): void }
  }
  const proxy = createProxyServer({ target: `http://127.0.0.1:${target}`, ws: true, xfwd: true })
  proxy.on('error', () => undefined)
  const server = createServer().on('upgrade', (request, socket, head) => proxy.ws(request, socket, head))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.close()
    server.closeAllConnections()
  })
  const address = server.address()
  return typeof address === 'object' && address ? address.port : 0
}

/** None of them says on its own when it listens. */
async function listening(port: number): Promise<void> {
  const limit = AbortSignal.timeout(PATIENCE_MS)
  const answers = (): Promise<boolean> =>
    new Promise((resolve) => {
      const socket = connect({ port, host: '127.0.0.1' })
      socket.once('connect', () => resolve(true)).once('error', () => resolve(false))
      socket.once('connect', () => socket.destroy())
    })
  while (!(await answers())) {
    limit.throwIfAborted()
    await sleep(POLL_MS)
  }
}
