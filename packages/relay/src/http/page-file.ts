// One file of the page in memory, as it is and compressed: each form is made once, when it is first asked for.
import { createHash } from 'node:crypto'
import { promisify } from 'node:util'
import { brotliCompress, constants, gzip } from 'node:zlib'

/** A browser's first visit waits for it: past this quality it takes ten times as long, and saves a twentieth. */
const BROTLI_QUALITY = 5
const GZIP_LEVEL = 9
/** Characters of the hash in an ETag: 96 bits. */
const ETAG_LENGTH = 16

/** What a file is sent as. */
export interface PageForm {
  /** Of `Content-Encoding`; absent for the file as it is. */
  readonly encoding: 'br' | 'gzip' | undefined
  readonly bytes: Uint8Array
  /** In its quotes; each form has its own. */
  readonly etag: string
}

export class PageFile {
  readonly #plain: PageForm
  readonly #tag: string
  readonly #mayPack: boolean
  readonly #packed = new Map<'br' | 'gzip', Promise<PageForm>>()

  /** @param mayPack - whether it could get smaller */
  constructor(bytes: Uint8Array, mayPack: boolean) {
    this.#tag = createHash('sha256').update(bytes).digest('base64url').slice(0, ETAG_LENGTH)
    this.#plain = { encoding: undefined, bytes, etag: `"${this.#tag}"` }
    this.#mayPack = mayPack
  }

  /** The smallest form that an `Accept-Encoding` allows. */
  async formFor(acceptEncoding: string | undefined): Promise<PageForm> {
    const encoding = this.#mayPack ? chooseEncoding(acceptEncoding) : undefined
    if (encoding === undefined) return this.#plain
    const made = this.#packed.get(encoding) ?? this.#pack(encoding)
    this.#packed.set(encoding, made)
    return await made
  }

  async #pack(encoding: 'br' | 'gzip'): Promise<PageForm> {
    const { bytes: plain } = this.#plain
    const bytes = await (encoding === 'br' ? brotli(plain) : promisify(gzip)(plain, { level: GZIP_LEVEL }))
    return bytes.length < plain.length ? { encoding, bytes, etag: `"${this.#tag}-${encoding}"` } : this.#plain
  }
}

async function brotli(bytes: Uint8Array): Promise<Uint8Array> {
  const { BROTLI_PARAM_QUALITY: quality, BROTLI_PARAM_SIZE_HINT: size } = constants
  return await promisify(brotliCompress)(bytes, { params: { [quality]: BROTLI_QUALITY, [size]: bytes.length } })
}

// A coding that isn't named, or named with a weight of 0, is not wanted.
function chooseEncoding(acceptEncoding = ''): 'br' | 'gzip' | undefined {
  const wanted = acceptEncoding.split(',').map((part) => part.trim().toLowerCase())
  const accepts = (coding: string): boolean =>
    wanted.some((part) => part.split(';', 1)[0]!.trim() === coding && !/;\s*q=0(\.0*)?\s*$/.test(part))
  return accepts('br') ? 'br' : accepts('gzip') ? 'gzip' : undefined
}
