// Standard output and error as targets of lines: files get them whole, pipes as their readers take them.
import { fstatSync, writeSync } from 'node:fs'
import type { LineTarget } from './line-sink.ts'

/** The target for one of the process's own streams. Its errors come with its writes, and end nothing. */
export function standardTarget(stream: NodeJS.WriteStream & { readonly fd: 1 | 2 }): LineTarget {
  stream.on('error', () => undefined) // each write is told of its own
  return isFile(stream) ? fileTarget(stream.fd) : streamTarget(stream)
}

function streamTarget(stream: NodeJS.WriteStream): LineTarget {
  return {
    write: (text, done) => void stream.write(text, (error) => done(error ?? undefined)),
    get waitingBytes() {
      return stream.writableLength
    },
  }
}

// Node's own stream for files takes a part that was written for the whole; here a line that was cut is ended first.
function fileTarget(fd: number): LineTarget {
  let isCut = false
  return {
    waitingBytes: 0,
    write: (text, done) => {
      const bytes = new TextEncoder().encode(isCut ? `\n${text}` : text)
      let at = 0
      try {
        while (at < bytes.length) at += writeSync(fd, bytes, at)
        isCut = false
        done()
      } catch (error) {
        isCut ||= at > 0
        done(error)
      }
    },
  }
}

function isFile({ fd, isTTY }: NodeJS.WriteStream & { readonly fd: number }): boolean {
  try {
    const facts = fstatSync(fd)
    return !isTTY && (facts.isFile() || facts.isCharacterDevice())
  } catch {
    return false
  }
}
