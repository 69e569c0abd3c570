// Snappy for frames in Node.
export { compress, compressBriefly, uncompress } from './wasm-snappy/snappy.ts'
