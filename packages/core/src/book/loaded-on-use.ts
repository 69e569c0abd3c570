// What a book needs when its node starts, as one file to load.
export { BookKeeper } from './book-keeper.ts'
export { RunningBook } from './running-book.ts'
