// `@peerwire/core/keeping`: the one way in which values outlive a node, for whoever keeps some beside it.
export { keep } from './keep.ts'
export type { Kept, KeepHost } from './keep.ts'
export type { Keeper, KeeperFigures, KeptRows } from './keeper.ts'
export type { StoredForm, StoredHeader, StoredRows } from './stored-form.ts'
