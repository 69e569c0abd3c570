// The certificate and key of `wss://`, read from files and read again when these change: renewed ones serve what comes.
import { createPrivateKey, X509Certificate } from 'node:crypto'
import { readFile, stat } from 'node:fs/promises'
import { createSecureContext } from 'node:tls'
import type { Clock, Logger, Timer } from '@peerwire/core'
import type { TlsIdentity, TlsOptions } from '@peerwire/transport-ws/node'
import { reasonOf } from './data-dir.ts'

/** Milliseconds between two looks. Looking finds what a watch of a file misses: links that are led elsewhere. */
const LOOK_MS = 500

/** PEM files. */
export interface TlsFileNames {
  readonly certFile: string
  readonly keyFile: string
}

export interface TlsFiles {
  /** For `webSocket`. */
  readonly options: TlsOptions
  /** Looks at the files now. What has changed is used at the second look that finds it as at the first. */
  look(): Promise<void>
  /** Reads the files again, whether or not they have changed. */
  reload(): Promise<void>
  close(): void
}

/** Reads the files, and looks at them from then on. @throws {Error} one sentence naming the file that can't be used */
export async function watchTlsFiles(
  files: TlsFileNames,
  { clock, logger }: { readonly clock: Clock; readonly logger: Logger },
): Promise<TlsFiles> {
  // What they look like comes first: a change while they are read is found later.
  let judged = await looksOf(files)
  let seen = judged
  const first = await readIdentity(files)
  const trouble = troubleOf(first.cert, clock)
  if (trouble !== undefined) logger.log('warn', `${trouble}; browsers refuse it: renew ${files.certFile}`)
  const listeners = new Set<(identity: TlsIdentity) => void>()
  let latest: TlsIdentity | undefined
  let timer: Timer | undefined
  const reload = async (): Promise<void> => {
    try {
      const identity = await readIdentity(files)
      const why = troubleOf(identity.cert, clock)
      if (why !== undefined) throw new Error(why)
      latest = identity
      for (const renew of listeners) renew(identity)
      logger.log('info', 'TLS files read again', { until: new X509Certificate(identity.cert).validTo })
    } catch (error) {
      const err = error instanceof Error ? error.message : String(error)
      logger.log('warn', 'The TLS files have changed and can not be used; those from before are', { err })
    }
  }
  const look = async (): Promise<void> => {
    const now = await looksOf(files)
    // One file of the two may still be on its way.
    const isSettled = now === seen
    seen = now
    if (!isSettled || now === judged) return
    judged = now
    await reload()
  }
  const again = (): void => {
    timer = clock.setTimer(LOOK_MS, () => void look().finally(() => timer && again()))
  }
  again()
  return {
    options: {
      ...first,
      renewals: (renew) => {
        listeners.add(renew)
        if (latest) renew(latest)
        return () => void listeners.delete(renew)
      },
    },
    look,
    reload,
    close: () => {
      timer?.cancel()
      timer = undefined
    },
  }
}

async function looksOf({ certFile, keyFile }: TlsFileNames): Promise<string> {
  const looks = [certFile, keyFile].map(async (file) => {
    try {
      const { ino, mtimeMs, size } = await stat(file)
      return `${ino} ${mtimeMs} ${size}`
    } catch (error) {
      return reasonOf(error)
    }
  })
  return (await Promise.all(looks)).join()
}

/** Reads the files and tries them. @throws {Error} one sentence naming the file */
async function readIdentity({ certFile, keyFile }: TlsFileNames): Promise<TlsIdentity> {
  const cert = await readPem('certificate', certFile, (text) => new X509Certificate(text))
  const key = await readPem('key', keyFile, (text) => createPrivateKey(text))
  try {
    createSecureContext({ cert, key })
  } catch (cause) {
    throw new Error(`the TLS key ${keyFile} does not belong to the certificate ${certFile}`, { cause })
  }
  return { cert, key }
}

function troubleOf(cert: string, clock: Clock): string | undefined {
  const { validFrom, validTo } = new X509Certificate(cert)
  const nowMs = clock.wallNow()
  if (Date.parse(validTo) < nowMs) return `the TLS certificate ended at ${validTo}`
  return Date.parse(validFrom) > nowMs ? `the TLS certificate begins at ${validFrom}` : undefined
}

async function readPem(what: string, file: string, check: (text: string) => unknown): Promise<string> {
  let text: string
  try {
    text = await readFile(file, 'utf8')
  } catch (cause) {
    throw new Error(`cannot read the TLS ${what} ${file}: ${reasonOf(cause)}`, { cause })
  }
  try {
    check(text)
    return text
  } catch (cause) {
    throw new Error(`the file ${file} holds no TLS ${what} in PEM form`, { cause })
  }
}
