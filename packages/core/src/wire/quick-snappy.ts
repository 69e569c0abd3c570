// Snappy for frames where the platform has no quicker one.
import { compress } from './snappy-compress.ts'

export { compress, compress as compressBriefly }
export { uncompress } from './snappy.ts'
