// Nodes with an inventory of notes over memory links, and a bare speaker of inv/1 that keeps no rules.
import { kind } from '../src/protocols/kind.ts'
import type { KindOptions } from '../src/protocols/kind.ts'
import { invProtocol } from '../src/protocols/inv-messages.ts'
import type { Ids, InvMessages, NamedKind, SentItem } from '../src/protocols/inv-messages.ts'
import type { Clock } from '../src/base/clock.ts'
import { delay } from '../src/base/abort.ts'
import { createLineLogger } from '../src/base/line-logger.ts'
import { portableCrypto } from '../src/crypto/portable.ts'
import { inventory } from '../src/inventory/plugin.ts'
import type { InventoryPlugin } from '../src/inventory/plugin.ts'
import type { AcceptedItem, Kind } from '../src/inventory/kind.ts'
import type { InventoryLimits } from '../src/inventory/limits.ts'
import type { PeerError } from '../src/errors/peer-error.ts'
import { testNetwork } from '../src/testing/test-network.ts'
import type { TestNetwork } from '../src/testing/test-network.ts'
import type { Peer } from '../src/wire/peer.ts'
import type { Offer, Protocol } from '../src/wire/protocol.ts'

/** A note: a text, and the id of the note that it answers. */
export interface Note {
  readonly text: string
  readonly parent: Uint8Array | undefined
}

const MAX_NOTE_BYTES = 256
const encoder = new TextEncoder()
const decoder = new TextDecoder('utf-8', { fatal: true })

export function idOf(bytes: Uint8Array): Uint8Array {
  return portableCrypto.keccak256(bytes)
}

/** 32 bytes of the parent's id, 0 for none, and the text. */
export function noteOf(text: string, parent?: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(32 + text.length)
  if (parent) bytes.set(parent)
  bytes.set(encoder.encode(text), 32)
  return bytes
}

function readNote(bytes: Uint8Array): Note {
  const parent = bytes.slice(0, 32)
  const text = decoder.decode(bytes.subarray(32))
  return { text, parent: parent.some((byte) => byte !== 0) ? parent : undefined }
}

export interface NoteKindOptions extends Partial<
  Pick<KindOptions, 'urgent' | 'over' | 'number' | 'name' | 'lifeMs' | 'history'>
> {
  /** Notes whose parent can't be had wait for it; default they begin a thread. */
  readonly rooted?: boolean
  readonly walkBack?: number
  /** Whether a check of a text that begins with `unsure` can say what it is; default never. */
  readonly isSure?: () => boolean
  /** A check of a text that begins with `slow` takes so long. */
  readonly slowMs?: number
}

/**
 * Texts that begin with `bad` are invalid, with `dull` ignored, with `unsure` for later; a check of `throws` throws.
 */
export function noteKind(clock: () => Clock, options: NoteKindOptions = {}): Kind<Note> {
  const { urgent = true, slowMs = 0, number = 16, name = 'note', rooted = false, isSure, ...others } = options
  return kind<Note>({
    name,
    number,
    maxBytes: MAX_NOTE_BYTES,
    urgent,
    ...pick(others),
    id: idOf,
    read: readNote,
    parent: (note) => note.parent,
    first: () => !rooted,
    check: async ({ text }) => {
      if (text.startsWith('slow')) await delay(clock(), slowMs)
      if (text.startsWith('throws')) throw new Error('this check is broken')
      if (text.startsWith('unsure') && !isSure?.()) return 'later'
      if (text.startsWith('bad')) return 'invalid'
      return text.startsWith('dull') ? 'ignore' : 'accept'
    },
  })
}

// The world's own options are none of the kind's.
function pick({ over, lifeMs, history, walkBack }: NoteKindOptions) {
  return { over, lifeMs, history, walkBack }
}

export interface InvWorldOptions extends NoteKindOptions {
  readonly limits?: Partial<InventoryLimits>
  readonly seed?: number
  readonly delayMs?: number
  readonly windowBytes?: number
  /** Offered beside, by every node. */
  readonly offers?: () => readonly Offer[]
}

export interface InvWorld extends TestNetwork {
  readonly notes: Kind<Note>
  readonly inventories: readonly InventoryPlugin[]
  /** Texts that each node accepted from peers, in order. */
  readonly texts: readonly string[][]
  readonly accepted: readonly AcceptedItem<Note>[][]
  /** `warn` and worse, of all nodes. */
  readonly lines: readonly string[]
  /** How peers of each node ended. */
  readonly endings: readonly PeerError[][]
}

/** `count` nodes with an inventory each; whatever lies past `count` in `bare` is a speaker without one. */
export async function invWorld(
  count: number,
  options: InvWorldOptions = {},
  bare: readonly Offer[] = [],
): Promise<InvWorld> {
  const { limits, seed = 1, delayMs = 0, windowBytes, offers } = options
  const notes = noteKind(() => world.clock, options)
  const inventories = Array.from({ length: count }, () => inventory({ kinds: [notes], limits }))
  const lines: string[] = []
  const world: TestNetwork = await testNetwork(
    count + bare.length,
    (index) => (index < count ? (offers?.() ?? []) : [bare[index - count]!]),
    {
      seed,
      delayMs,
      windowBytes,
      options: (index) => ({
        plugins: index < count ? [inventories[index]!] : [],
        maxPeers: 2000,
        logger: createLineLogger({
          clock: { now: () => 0, wallNow: () => 0, setTimer: () => ({ cancel: () => undefined }) },
          level: 'warn',
          write: (line) => void lines.push(line),
        }),
      }),
    },
  )
  const texts = inventories.map((): string[] => [])
  const accepted = inventories.map((): AcceptedItem<Note>[] => [])
  inventories.forEach((items, index) =>
    items.follow(notes, (item) => {
      texts[index]!.push(item.value.text)
      accepted[index]!.push(item)
    }),
  )
  const endings = world.nodes.map((node) => {
    const errors: PeerError[] = []
    node.on('peer:removed', ({ error }) => void errors.push(error))
    return errors
  })
  return { ...world, notes, inventories, texts, accepted, lines, endings }
}

/** Speaks inv/1 word by word. */
export interface Speaker {
  readonly protocol: Protocol<InvMessages>
  readonly offer: Offer
  readonly said: readonly string[]
  readonly asked: readonly Ids[]
  readonly items: readonly SentItem[]
}

const NOTES: readonly NamedKind[] = [{ number: 16, name: 'note' }]

export interface SpeakerOptions {
  /** What it says first; `undefined` for nothing. */
  readonly kinds?: readonly NamedKind[] | undefined
  /** Answers a getdata. */
  readonly onAsked?: (peer: Peer, protocol: Protocol<InvMessages>, ids: Ids) => void
  readonly maxItemBytes?: number
}

export function speaker({ kinds = NOTES, onAsked, maxItemBytes = MAX_NOTE_BYTES }: SpeakerOptions = {}): Speaker {
  const protocol = invProtocol(maxItemBytes)
  const said: string[] = []
  const asked: Ids[] = []
  const items: SentItem[] = []
  const offer = protocol.with(
    {
      kinds: (_, list) => void said.push(`kinds ${list.map(({ number, name }) => `${number} ${name}`).join()}`),
      inv: (_, { ids }) => void said.push(`inv ${ids.length}`),
      getdata: (peer, ids) => {
        said.push(`getdata ${ids.ids.length}`)
        asked.push(ids)
        onAsked?.(peer, protocol, ids)
      },
      item: (_, item) => {
        said.push('item')
        items.push(item)
      },
      notfound: (_, { ids }) => void said.push(`notfound ${ids.length}`),
    },
    { opened: (peer) => void (kinds.length > 0 && peer.send(protocol, 'kinds', kinds)) },
  )
  return { protocol, offer, said, asked, items }
}
