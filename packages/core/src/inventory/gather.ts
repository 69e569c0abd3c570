// Puts together what goes to the same peers in one message.
import type { Asker } from './asker.ts'
import type { Handle } from './id-table.ts'
import type { Announcement } from './request-tracker.ts'
import type { Announce, Ask, ItemNote } from './tasks.ts'

interface Named {
  kindOf(handle: Handle): number
  idOf(handle: Handle): Uint8Array
}

/** Requests by peer and kind, none with more than `most` ids. */
export function gatherAsks(
  chosen: readonly Announcement[],
  ids: Named,
  most: number,
  asked: (asker: Asker, handle: Handle) => void,
): Ask[] {
  const open = new Map<string, { peer: string; kind: number; items: ItemNote[] }>()
  const asks: Ask[] = []
  for (const { asker, handle, meta } of chosen) {
    const kind = ids.kindOf(handle)
    asked(asker, handle)
    const key = `${kind} ${asker.name}`
    let ask = open.get(key)
    if (!ask || ask.items.length >= most) {
      ask = { peer: asker.name, kind, items: [] }
      open.set(key, ask)
      asks.push(ask)
    }
    ask.items.push({ id: ids.idOf(handle), meta })
  }
  return asks
}

/** Announcements to the same peers by kind, none with more than `most` items. */
export function gatherAnnounces(
  handles: readonly Handle[],
  peers: readonly string[],
  ids: Named,
  most: number,
  metaOf: (handle: Handle) => number,
): Announce[] {
  const byKind = new Map<number, ItemNote[]>()
  for (const handle of handles) {
    const kind = ids.kindOf(handle)
    const note = { id: ids.idOf(handle), meta: metaOf(handle) }
    const notes = byKind.get(kind)
    if (notes) notes.push(note)
    else byKind.set(kind, [note])
  }
  const announces: Announce[] = []
  for (const [kind, notes] of byKind) {
    for (let at = 0; at < notes.length; at += most) announces.push({ peers, kind, items: notes.slice(at, at + most) })
  }
  return announces
}
