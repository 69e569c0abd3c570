// `@peerwire/core/inventory`: what peers are known to have, and items of one's own kinds over inv/1.
export { inventory } from './inventory/plugin.ts'
export type {
  Carrier,
  InventoryInspection,
  InventoryPlugin,
  InventoryPluginOptions,
  PublishOptions,
} from './inventory/plugin.ts'
export type {
  AcceptedItem,
  AnyKind,
  CheckContext,
  InventoryContext,
  ItemCounts,
  ItemFigures,
  ItemListener,
  ItemOutcome,
  ItemVerdict,
  Kind,
} from './inventory/kind.ts'
export { kind } from './protocols/kind.ts'
export type { KindOptions, RawKindOptions, ReadKindOptions } from './protocols/kind.ts'
export type { ItemState, ServedItem, StoredItem } from './inventory/item-table.ts'
export { DEFAULT_LIMITS as DEFAULT_INVENTORY_LIMITS } from './inventory/limits.ts'
export type { InventoryLimits } from './inventory/limits.ts'
export type { InventoryFigures, InventoryPeer, Item, ItemNote } from './inventory/tasks.ts'
export type { Listen } from './inventory/asker.ts'
