// What a book needs when its node starts, as one file to load.
export { openBook } from './open-book.ts'
