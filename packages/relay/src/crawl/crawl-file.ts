// The result of a crawl as one JSON document that is whole at any moment, however long it gets: a node a line.
import { type FileHandle, open } from 'node:fs/promises'
import { reasonOf } from '../relay/data-dir.ts'
import type { CrawledNode } from './crawl.ts'

export interface CrawlWriter {
  /** Adds a node. @throws {Error} one sentence when it can't be written */
  write(node: CrawledNode): Promise<void>
  /** Ends the document; nothing is written afterwards. */
  end(tookMs: number): Promise<void>
}

/** What stands before the nodes. */
export interface CrawlHead {
  readonly network: string | undefined
  readonly startedMs: number
}

/**
 * Writes to a file, from its beginning on. Each write carries the end of the document, over which the next one goes: a
 * crawl that is killed leaves what it has found, and so does one whose disk is full.
 */
export async function writeToFile(path: string, head: CrawlHead): Promise<CrawlWriter> {
  const file = await trying(path, () => open(path, 'w'))
  let position = 0
  const put = async (text: string, tail: string): Promise<void> => {
    const bytes = Buffer.from(text + tail)
    try {
      await trying(path, () => writeAt(file, bytes, position))
    } catch (error) {
      // A part of it has gone over the end of what was whole: that goes back to its place, where there was room for it.
      const end = Buffer.from(position === 0 ? '' : unfinished)
      await writeAt(file, end, position).catch(() => undefined)
      await file.truncate(position + end.length).catch(() => undefined)
      await file.close().catch(() => undefined)
      throw error
    }
    position += bytes.length - Buffer.byteLength(tail)
  }
  const lines = documentLines(head)
  const unfinished = `${lines.end({ isWhole: false })}\n`
  await put(`${lines.begin}\n`, unfinished)
  return {
    write: (node) => put(`${lines.node(node)}\n`, unfinished),
    end: async (tookMs) => {
      await put(`${lines.end({ tookMs, isWhole: true })}\n`, '')
      await file.close()
    },
  }
}

/** Writes lines, as they come; the document is whole at its end. */
export function writeLines(line: (text: string) => void, head: CrawlHead): CrawlWriter {
  const lines = documentLines(head)
  line(lines.begin)
  return {
    write: async (node) => line(lines.node(node)),
    end: async (tookMs) => line(lines.end({ tookMs, isWhole: true })),
  }
}

interface DocumentLines {
  readonly begin: string
  node(node: CrawledNode): string
  end(fields: { readonly tookMs?: number; readonly isWhole: boolean }): string
}

function documentLines({ network, startedMs }: CrawlHead): DocumentLines {
  let count = 0
  return {
    begin: `${JSON.stringify({ version: 1, network, startedMs }).slice(0, -1)},"nodes":[`,
    node: (node) => `${count++ === 0 ? '' : ','}${JSON.stringify(node)}`,
    end: (fields) => `],${JSON.stringify(fields).slice(1)}`,
  }
}

// A file may take less at a time than it is given.
async function writeAt(file: FileHandle, bytes: Buffer, position: number): Promise<void> {
  for (let at = 0; at < bytes.length;) {
    const { bytesWritten } = await file.write(bytes, at, bytes.length - at, position + at)
    at += bytesWritten
  }
}

async function trying<T>(path: string, step: () => Promise<T>): Promise<T> {
  try {
    return await step()
  } catch (cause) {
    throw new Error(`cannot write ${path}: ${reasonOf(cause)}`, { cause })
  }
}
