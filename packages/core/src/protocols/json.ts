// JSON payloads, checked by any Standard Schema validator, so that what a stranger sends is what the type says.
import { bytesToUtf8, isBytes, utf8ToBytes } from '../base/bytes.ts'
import { encodeRlp } from '../wire/rlp-writer.ts'
import { readRlp } from '../wire/rlp.ts'
import type { Codec } from '../wire/protocol.ts'

/** The part of the Standard Schema interface (version 1) that is used; zod, valibot, arktype and others have it. */
export interface StandardSchema<T> {
  readonly '~standard': {
    readonly version: 1
    validate(value: unknown): SchemaResult<T> | Promise<SchemaResult<T>>
  }
}
export type SchemaResult<T> =
  | { readonly value: T; readonly issues?: undefined }
  | { readonly issues: readonly SchemaIssue[] }
export interface SchemaIssue {
  readonly message: string
  /** Where in the value. */
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined
}

/**
 * JSON text as one RLP string; the schema checks what arrives. @throws {TypeError} when decoding finds what it refuses
 */
export function json<T>(schema: StandardSchema<T>): Codec<T> {
  return {
    encode: (value) => {
      const written = JSON.stringify(value) as string | undefined
      if (written === undefined) throw new TypeError(`JSON has no ${typeof value}`)
      return encodeRlp(utf8ToBytes(written))
    },
    decode: (payload) => {
      const item = readRlp(payload)
      if (!isBytes(item)) throw new TypeError('a list where JSON text belongs')
      const result = schema['~standard'].validate(JSON.parse(bytesToUtf8(item)))
      if ('then' in result) throw new TypeError('a schema that validates asynchronously cannot check messages')
      if (result.issues) throw new TypeError(result.issues.map(issueText).join('; ').slice(0, 200))
      return result.value
    },
  }
}

function issueText({ message, path = [] }: SchemaIssue): string {
  const names = path.map((part) => String(typeof part === 'object' ? part.key : part))
  return names.length > 0 ? `${names.join('.')}: ${message}` : message
}
